const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/** A member of an object. `key` is undefined where there is no `"key":` to be read: `value` is the whole slice then. */
export type Member = { key: string | undefined; value: Buffer; slice: Buffer };

export const startsArray = (json: Buffer): boolean => json[0] === OPEN_BRACKET;
export const startsObject = (json: Buffer): boolean => json[0] === OPEN_BRACE;

/** Whether it begins and ends as an object does; what is within may still be no JSON. */
export const isBraced = (json: Buffer): boolean => startsObject(json) && json.at(-1) === CLOSE_BRACE;
export const isBracketed = (json: Buffer): boolean => startsArray(json) && json.at(-1) === CLOSE_BRACKET;

/**
 * The raw bytes of each element of the JSON array that `json` starts with: what Segment signs is the first of them,
 * and one that is broken must not take its neighbours along. Nothing is parsed, only strings and brackets are
 * followed, so it is linear and takes any depth.
 *
 * Valid JSON is cut exactly at its elements. What is not (an array cut short, something after its end) is cut where
 * it can be, and every byte but separators and white space is in one of the slices.
 *
 * @returns in the end, whether the array is closed
 */
export function* scanElements(json: Buffer): Generator<Buffer, boolean> {
  let depth = 0;
  let start = 1;
  let isClosed = false;
  for (let at = 1; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      at = closingQuote(json, at);
    } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      depth++;
    } else if (byte === COMMA && depth === 0) {
      yield* emitNonEmpty(json, start, at);
      start = at + 1;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      depth--;
      if (depth >= 0) continue;
      yield* emitNonEmpty(json, start, at);
      start = at + 1;
      isClosed = true;
      break;
    }
  }
  yield* emitNonEmpty(json, start, json.length);
  return isClosed;
}

/** What is to be read has more elements than its reader takes. */
export class TooManyElementsError extends Error {
  override name = 'TooManyElementsError' as const;
}

/**
 * All that `scanElements` finds.
 *
 * @throws TooManyElementsError where that is more than `limit`
 */
export function readElements(json: Buffer, limit: number): { elements: Buffer[]; isClosed: boolean } {
  const scan = scanElements(json);
  const elements: Buffer[] = [];
  let step = scan.next();
  for (; step.done !== true; step = scan.next()) {
    if (elements.length === limit) throw new TooManyElementsError(`more than ${limit} elements`);
    elements.push(step.value);
  }
  return { elements, isClosed: step.value };
}

/** The members of the JSON object that `json` starts with, as `scanElements` finds an array's elements. */
export function* scanMembers(json: Buffer): Generator<Member> {
  for (const slice of scanElements(json)) yield parseMember(slice);
}

/** Without the white space around it that JSON allows. */
export function trimWhitespace(json: Buffer, start = 0, end = json.length): Buffer {
  while (start < end && isWhitespace(json[start])) start++;
  while (end > start && isWhitespace(json[end - 1])) end--;
  return json.subarray(start, end);
}

function* emitNonEmpty(json: Buffer, start: number, end: number): Generator<Buffer> {
  const slice = trimWhitespace(json, start, end);
  if (slice.length > 0) yield slice;
}

/** The member that a slice of an object holds. */
export function parseMember(slice: Buffer): Member {
  if (slice[0] !== QUOTE) return { key: undefined, value: slice, slice };
  const keyEnd = closingQuote(slice, 0) + 1;
  const rest = trimWhitespace(slice, keyEnd);
  const key = rest[0] === COLON ? parseString(slice.subarray(0, keyEnd)) : undefined;
  return { key, value: key === undefined ? slice : trimWhitespace(rest, 1), slice };
}

/** The string that a slice holds: its escapes count (`"b\u0061tch"` is a batch); undefined if it holds none. */
export function parseString(json: Buffer): string | undefined {
  if (json[0] !== QUOTE) return undefined;
  try {
    const value: unknown = JSON.parse(json.toString());
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Where the string that opens at `at` ends, or the last byte if it never does. */
function closingQuote(json: Buffer, at: number): number {
  for (let next = at + 1; next < json.length; next++) {
    if (json[next] === QUOTE) return next;
    if (json[next] === BACKSLASH) next++;
  }
  return json.length - 1;
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}
