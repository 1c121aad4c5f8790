import { InputError } from '../runtime/errors.ts';
import { type Json, parseJson } from '../runtime/json.ts';

/**
 * The events in a JSON object, a JSON array or NDJSON (each line an object, or an array of them).
 *
 * NDJSON is read line by line, so its size does not matter; one that stands on many lines is read whole.
 *
 * @throws InputError at the first line that is not JSON; the events before it have been yielded
 */
export async function* readEvents(text: AsyncIterable<string>): AsyncGenerator<Json> {
  let unparsed: string[] | undefined;
  let lineNumber = 0;
  let isFirst = true;
  for await (const line of splitLines(text)) {
    lineNumber += 1;
    if (unparsed !== undefined) unparsed.push(line);
    else if (line.trim() !== '') {
      const parsed = tryParse(line);
      if (parsed !== undefined) yield* toEvents(parsed.value);
      // Only a first line may be the beginning of something longer.
      else if (isFirst) unparsed = [line];
      else throw new InputError(`line ${lineNumber} is not JSON`);
      isFirst = false;
    }
  }
  if (unparsed === undefined) return;
  const whole = tryParse(unparsed.join('\n'));
  if (whole === undefined) {
    const firstLine = lineNumber - unparsed.length + 1;
    throw new InputError(`the input is not JSON: neither line ${firstLine} by itself nor all of it`);
  }
  yield* toEvents(whole.value);
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

function tryParse(text: string): { value: Json } | undefined {
  try {
    return { value: parseJson(text) };
  } catch {
    return undefined;
  }
}

function toEvents(value: Json): Json[] {
  return Array.isArray(value) ? value : [value];
}
