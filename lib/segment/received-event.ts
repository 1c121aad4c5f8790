import { isUtf8 } from 'node:buffer';
import { isDeeperThan, isJsonObject, type Json, type JsonObject, parseJsonWithin } from '../runtime/json.ts';
import { MAX_DEPTH } from './event.ts';
import type { Route } from './route.ts';

/** One event of a request. */
export type ReceivedEvent =
  /** `text` is the JSON of `source`; `value` its fields, none if it is no object or nested too deep. */
  | { kind: 'event'; text: string; source: Json; value: JsonObject }
  /** No JSON: as text where it is UTF-8, else as bytes. `detail` tells a person what is wrong. */
  | { kind: 'unparseable'; body: string | Buffer; detail: string };

/** What an event leaves to its request: its path's type, and its batch's `context` and `integrations`. */
export type EventDefaults = { route: Route; shared: JsonObject };

/**
 * The event that a slice of a body holds.
 *
 * Its text is the slice as it came, but for characters that an SQS may refuse, which are escaped. It is written again
 * only to fill in what stands elsewhere, the path's type if it has none of its own and the batch's `context` and
 * `integrations` (key by key; its own win), or to take out the `writeKey` that SDKs put beside an event's fields, and
 * some sources pass on to their webhooks: a credential has no place in a queue.
 */
export function toReceivedEvent(bytes: Buffer, defaults: EventDefaults): ReceivedEvent {
  const result = parseSlice(bytes);
  if (!result.ok) return toUnparseable(bytes, result.detail);
  const value = isJsonObject(result.value) ? applyDefaults(result.value, defaults) : result.value;
  // `JSON.stringify` would overflow the stack, here and wherever the fields go; what is so deep is refused anyway. What
  // the batch adds is never as deep: see `splitRequest`.
  const { isTooDeep } = result;
  const text = escapeForSqs(value === result.value || isTooDeep ? result.text : JSON.stringify(value));
  return { kind: 'event', text, source: value, value: isJsonObject(value) && !isTooDeep ? value : {} };
}

/** The event of these fields, whatever its text was; at most 100 levels deep. */
export function toRewrittenEvent(source: Json): ReceivedEvent {
  const hasFields = isJsonObject(source) && !isDeeperThan(source, MAX_DEPTH);
  const text = escapeForSqs(JSON.stringify(source));
  return { kind: 'event', text, source, value: hasFields ? source : {} };
}

export function toUnparseable(bytes: Buffer, detail: string): ReceivedEvent {
  return { kind: 'unparseable', body: isUtf8(bytes) ? bytes.toString() : bytes, detail };
}

type ParseResult =
  | { ok: true; text: string; value: Json; isTooDeep: boolean }
  | { ok: false; detail: string };

/** The JSON that a slice holds, or what is wrong with it. */
export function parseSlice(bytes: Buffer): ParseResult {
  if (!isUtf8(bytes)) return { ok: false, detail: 'not valid UTF-8' };
  const text = bytes.toString();
  try {
    const { value, isTooDeep } = parseJsonWithin(text, MAX_DEPTH);
    return { ok: true, text, value, isTooDeep };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'not valid JSON' };
  }
}

/** The event with what its envelope says; the same object if nothing has to be changed. */
function applyDefaults(event: JsonObject, { route, shared }: EventDefaults): JsonObject {
  const typeOfPath = (event['type'] ?? null) === null ? route.type : undefined;
  const hasWriteKey = event['writeKey'] !== undefined;
  const sharedEntries = Object.entries(shared);
  if (typeOfPath === undefined && !hasWriteKey && sharedEntries.length === 0) return event;

  const { writeKey: _, ...withoutWriteKey } = event;
  const changed = hasWriteKey ? withoutWriteKey : { ...event };
  if (typeOfPath !== undefined) changed['type'] = typeOfPath;
  for (const [key, sharedValue] of sharedEntries) changed[key] = mergeShared(sharedValue, event[key]);
  return changed;
}

/** The event's own keys win, and so does all that it has in this place but null. */
function mergeShared(sharedValue: Json, ownValue: Json | undefined): Json {
  if (isJsonObject(sharedValue) && isJsonObject(ownValue)) return { ...sharedValue, ...ownValue };
  return ownValue ?? sharedValue;
}

/**
 * In JSON these can only stand in strings, where an escape means the same. SQS refuses U+FFFE and U+FFFF;
 * fauxqs also refuses all that takes a surrogate pair, emoji among them.
 */
export function escapeForSqs(json: string): string {
  return json.replace(/[\uFFFE\uFFFF\uD800-\uDFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
