export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

declare global {
  interface JSON {
    /** ES2026: a reviver is told how a primitive stands in the text. Node has it since version 21. */
    parse(text: string, reviver: (key: string, value: Json, context: { source?: string }) => Json): Json;
  }
}

const LONG_INTEGER = /^-?\d{16,}$/;

/** A reviver is called recursively: far below what the stack can take, far above what any use is made of. */
const MAX_REVIVED_DEPTH = 500;

/**
 * `JSON.parse`, but a number that a double would change is kept as a string: an integer whose digits would be others
 * (an id past 2^53 would become another user's), and one that would be infinite. Nested deeper than 500, numbers are
 * left as `JSON.parse` reads them.
 *
 * @throws SyntaxError that says where, and quotes nothing of the text
 */
export function parseJson(text: string): Json {
  return parseJsonWithin(text, MAX_REVIVED_DEPTH).value;
}

/** As `parseJson`; undefined for what is not JSON. */
export function tryParseJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The object that a JSON text is; an empty one if it is none. */
export function parseObjectOrEmpty(text: string): JsonObject {
  const value = tryParseJson(text);
  return isJsonObject(value) ? value : {};
}

/**
 * As `parseJson`, and whether the value is nested more than `limit` deep, which the same walk finds.
 *
 * @param limit at most 500
 */
export function parseJsonWithin(text: string, limit: number): { value: Json; isTooDeep: boolean } {
  const value = parse(text);
  const found = inspect(value, limit);
  const isTooDeep = found >= TOO_DEEP;
  if (isTooDeep && limit < MAX_REVIVED_DEPTH) return { value: parseJson(text), isTooDeep };
  return { value: found === UNSAFE_NUMBER ? JSON.parse(text, keepUnsafeNumbers) : value, isTooDeep };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8's messages quote the text, and so would a stack that has them as its cause.
    const message = error instanceof Error ? error.message : '';
    const [, position] = /at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message) ?? [];
    throw new SyntaxError(
      position === undefined ? 'not valid JSON' : `not valid JSON at position ${position}`,
    );
  }
}

/** What a walk through a value can find, the gravest last. */
const [NOTHING, UNSAFE_NUMBER, TOO_DEEP] = [0, 1, 2];

/** Whether it is nested too deep; else whether a number may be another one than its text: beyond 2^53, or infinite. */
function inspect(value: Json | undefined, levels: number): number {
  if (typeof value === 'number') return Math.abs(value) > Number.MAX_SAFE_INTEGER ? UNSAFE_NUMBER : NOTHING;
  if (!isContainer(value)) return NOTHING;
  if (levels === 0) return TOO_DEEP;
  let found = NOTHING;
  if (Array.isArray(value)) {
    for (const item of value) found = Math.max(found, inspect(item, levels - 1));
  } else {
    for (const key in value) found = Math.max(found, inspect(value[key], levels - 1));
  }
  return found;
}

function keepUnsafeNumbers(_key: string, value: Json, { source }: { source?: string }): Json {
  if (typeof value !== 'number' || source === undefined) return value;
  const losesPrecision = LONG_INTEGER.test(source) && String(value) !== source;
  return losesPrecision || !Number.isFinite(value) ? source : value;
}

/**
 * Whether arrays and objects are nested more than `limit` deep; `[]` is 1 deep. It goes no deeper than that itself:
 * `JSON.parse` takes 100,000 levels, where a function that follows them all (`JSON.stringify`, too) overflows the
 * stack.
 */
export function isDeeperThan(value: Json, limit: number): boolean {
  if (!isContainer(value)) return false;
  if (limit === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isContainer(item) && isDeeperThan(item, limit - 1));
  for (const key in value) {
    const inner = value[key];
    if (isContainer(inner) && isDeeperThan(inner, limit - 1)) return true;
  }
  return false;
}

/** Neither null nor an array. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isContainer(value) && !Array.isArray(value);
}

/** A value from elsewhere as an object with members: neither null nor an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isContainer(value: Json | undefined): value is Json[] | JsonObject {
  return typeof value === 'object' && value !== null;
}
