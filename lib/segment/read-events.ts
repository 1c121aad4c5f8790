import { InputError } from '../runtime/errors.ts';
import type { Json } from '../runtime/json.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { WEBHOOK_ROUTE } from './route.ts';
import { splitRequest } from './split-request.ts';

/** Some JSON, and the line where it begins. */
type Document = { text: string; line: number };

/**
 * The events in a text of one or more JSON documents: NDJSON, or objects and arrays that stand on many lines. Each is
 * what a webhook's request may be: an event, an array of events, an SDK's `{"batch":[…]}`, or `[{"json":event}]`.
 *
 * Document by document is read, so that the size of NDJSON does not matter.
 *
 * @throws InputError at the first document that is not JSON; the events before it have been yielded
 */
export async function* readEvents(text: AsyncIterable<string>): AsyncGenerator<Json> {
  for await (const { text: json, line } of readDocuments(text)) {
    const received = splitRequest(Buffer.from(json), WEBHOOK_ROUTE);
    for (const event of received) {
      if (event.kind === 'unparseable') throw new InputError(`line ${line} is not JSON${findHint(json)}`);
    }
    for (const event of received) if (event.kind === 'event') yield event.source;
  }
}

/** What is left of an array whose brackets were cut off. */
const trailingComma = /,\s*$/;

const findHint = (text: string): string =>
  /\}\s*,?\s*\{/.test(text) ? ': if it holds several events, each needs a line of its own' : '';

/** As many lines as it takes until all brackets are closed: one, in NDJSON. */
async function* readDocuments(text: AsyncIterable<string>): AsyncGenerator<Document> {
  let lines: string[] = [];
  let [depth, length] = [0, 0];
  let [lineNumber, documents] = [0, 0];
  for await (const line of splitLines(text)) {
    lineNumber += 1;
    if (lines.length === 0 && line.trim() === '') continue;
    lines.push(line);
    length += line.length;
    depth += countOpened(line);
    // A file may be one long array. Further on, what does not end was cut, and must not take all that follows along.
    const isTooLong = documents > 0 && length > MAX_BODY_BYTES;
    if (depth > 0 && !isTooLong) continue;
    yield { text: lines.join('\n').replace(trailingComma, ''), line: lineNumber - lines.length + 1 };
    documents += 1;
    [lines, depth, length] = [[], 0, 0];
  }
  yield { text: lines.join('\n'), line: lineNumber - lines.length + 1 };
}

/** Brackets that a line opens beyond those that it closes. A string of JSON never goes beyond its line. */
function countOpened(line: string): number {
  let opened = 0;
  for (const [bracket] of line.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[[\]{}]/g)) {
    opened += bracket === '[' || bracket === '{' ? 1 : -1;
  }
  return opened;
}

/** Only `\n` ends a line: `node:readline` also breaks at U+2028, which may stand in a JSON string. */
async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let pieces: string[] = [];
  let isStart = true;
  for await (const chunk of text) {
    const [first = '', ...others] = (isStart ? chunk.replace(/^\uFEFF/, '') : chunk).split('\n');
    isStart = false;
    pieces.push(first);
    for (const piece of others) {
      yield pieces.join('');
      pieces = [piece];
    }
  }
  yield pieces.join('');
}
