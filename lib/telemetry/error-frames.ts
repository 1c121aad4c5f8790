import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

const MAX_FRAMES = 5;

/** `    at name (/var/task/dist/worker.mjs:12:345)`, with or without the name and `file://`. */
const FRAME = /^ {4}at (?:.*[ (])?(?:file:\/\/)?(\/[^():]+):(\d+):(\d+)\)?$/;

/** A path within the relay or a library of it, whatever directory it was deployed or built in. */
const KNOWN_FILE = /^.*?(node_modules\/.+)|^(?:.*\/)?((?:lib|handlers)\/.+)/;

/** A frame as a log line may hold it: `lib/mapping/flatten.ts:57:12`. */
export const LOGGED_FRAME = /^(?:lib|handlers|node_modules)\/[\w@+./-]+:\d+:\d+$/;

/** By bundle; nothing for a file that is no bundle. A file is read once. */
const sourceMaps = new Map<string, SourceMap | undefined>();

/**
 * Where an error was thrown and by which way the call came there: up to five frames `file:line:column`, in the source
 * also when the code runs from a bundle. The relay's own frames, unless there are only a library's. Never the message,
 * because it may quote an event.
 */
export function errorFrames(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const frames = stackLines(error).flatMap((line) => locate(line) ?? []);
  const own = frames.filter((frame) => !frame.startsWith('node_modules/'));
  return (own.length > 0 ? own : frames).slice(0, MAX_FRAMES);
}

/**
 * The stack below the message; nothing if it does not begin with the message, because then any line may be a part of
 * one.
 */
function stackLines({ message, stack = '' }: Error): string[] {
  const [name = ''] = /^[\w$. [\]]*/.exec(stack) ?? [];
  const head = message === '' ? `${name}\n` : `${name}: ${message}\n`;
  return stack.startsWith(head) ? stack.slice(head.length).split('\n') : [];
}

function locate(line: string): string | undefined {
  const [, file = '', lineNumber, columnNumber] = FRAME.exec(line) ?? [];
  const frame = toSource(file, Number(lineNumber), Number(columnNumber));
  return LOGGED_FRAME.test(frame) ? frame : undefined;
}

function toSource(file: string, line: number, column: number): string {
  const entry = readSourceMap(file)?.findEntry(line - 1, column - 1);
  if (!entry || !('originalSource' in entry)) return `${shorten(file)}:${line}:${column}`;
  return `${shorten(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

const shorten = (file: string): string => {
  const [, library, own] = KNOWN_FILE.exec(file) ?? [];
  return library ?? own ?? '';
};

function readSourceMap(file: string): SourceMap | undefined {
  if (!file.endsWith('.mjs')) return undefined;
  if (!sourceMaps.has(file)) {
    try {
      sourceMaps.set(file, new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8'))));
    } catch {
      sourceMaps.set(file, undefined);
    }
  }
  return sourceMaps.get(file);
}
