import { AsyncLocalStorage } from 'node:async_hooks';
import type { Json } from '../../../lib/runtime/json.ts';

/** What reading a message does to the process: it computes for a minute, or runs out of memory. */
export const FATAL_KINDS = ['hang', 'out_of_memory'] as const;
export type FatalKind = (typeof FATAL_KINDS)[number];

export type FatalProcess = { compute(ms: number): void; kill(): void };

const COMPUTES_MS = 60_000;
const MARK = /"fatal":"(\w+)"/;

const currentProcess = new AsyncLocalStorage<FatalProcess>();

/** As an attribute of an event's `context`, which the relay reads and does not send. */
export const toFatalMark = (kind: FatalKind): string => `"fatal":"${kind}"`;

/** Runs code whose reading of a fatal message strikes this process. */
export const runInProcess = <T>(process: FatalProcess, work: () => T): T => currentProcess.run(process, work);

/**
 * Has fatal messages strike the process that parses them, until what is returned is called. There is no other place
 * that every way to read a message goes through.
 */
export function armFatalMessages(): () => void {
  const { parse } = JSON;
  JSON.parse = (text: string, ...rest: unknown[]): Json => {
    const kind = MARK.exec(text)?.[1];
    const process = currentProcess.getStore();
    if (kind === 'hang') process?.compute(COMPUTES_MS);
    else if (kind === 'out_of_memory') process?.kill();
    return Reflect.apply(parse, JSON, [text, ...rest]);
  };
  return () => {
    JSON.parse = parse;
  };
}
