import { isUtf8 } from 'node:buffer';
import { isDeeperThan, isJsonObject, type Json, type JsonObject, parseJson } from '../runtime/json.ts';
import { MAX_DEPTH } from './event.ts';
import {
  type Member,
  scanElements,
  scanMembers,
  startsArray,
  startsObject,
  trimWhitespace,
} from './json-scanner.ts';
import type { Route } from './route.ts';

/** One event of a request. */
export type ReceivedEvent =
  /** `text` is the JSON of `source`; `value` its fields, none if it is no object or nested too deep. */
  | { kind: 'event'; text: string; source: Json; value: JsonObject }
  /** No JSON: as text where it is UTF-8, else as bytes. `detail` tells a person what is wrong. */
  | { kind: 'unparseable'; body: string | Buffer; detail: string };

/** What an event leaves to its request. */
type RequestDefaults = { route: Route; shared: JsonObject };

/** What a batch may say once for all of its events. */
const SHARED_KEYS: ReadonlySet<string> = new Set(['context', 'integrations']);

/**
 * The events that a request carries: an object, an array of them, or an SDK's `{"batch":[…]}`. An object that has a
 * type, its own or its path's, is an event even if it has a `batch`. What can't be read is unparseable alone; its
 * neighbours go on.
 *
 * An event's text is its slice of the body as it came, but for characters that an SQS may refuse, which are escaped.
 * It is written anew only to fill in what stands elsewhere, the path's type if it has none of its own and the batch's
 * `context` and `integrations` (key by key; its own win), or to take out the `writeKey` that an SDK puts beside a
 * single event's fields: a credential has no place in a queue.
 */
export function splitRequest(body: Buffer, route: Route): ReceivedEvent[] {
  const json = trimWhitespace(body);
  const defaults = { route, shared: {} };
  if (json.length === 0) return [];
  if (startsArray(json)) return splitArray(json, defaults);
  const members = startsObject(json) && route.type === undefined ? [...scanMembers(json)] : [];
  return isBatch(members) ? splitBatch(json, members, route) : [toReceivedEvent(json, defaults)];
}

function isBatch(members: readonly Member[]): boolean {
  return members.some(isBatchMember) && !members.some(({ key }) => key === 'type');
}

const isBatchMember = ({ key, value }: Member) => key === 'batch' && startsArray(value);

function splitBatch(json: Buffer, members: readonly Member[], route: Route): ReceivedEvent[] {
  const shared = readShared(members);
  if (shared === undefined)
    return [toUnparseable(json, "the batch's context or integrations cannot be read")];
  return members.flatMap((member) => {
    if (isBatchMember(member)) return splitArray(member.value, { route, shared });
    // No member at all is what follows the batch's end, or what is broken: it may hold events.
    return member.key === undefined ? [toReceivedEvent(member.value, { route, shared })] : [];
  });
}

function readShared(members: readonly Member[]): JsonObject | undefined {
  const shared: JsonObject = {};
  for (const { key = '', value } of members) {
    if (!SHARED_KEYS.has(key)) continue;
    const result = parse(value);
    if (!result.ok) return undefined;
    if (isJsonObject(result.value)) shared[key] = result.value;
  }
  return isDeeperThan(shared, MAX_DEPTH) ? undefined : shared;
}

function splitArray(json: Buffer, defaults: RequestDefaults): ReceivedEvent[] {
  return Array.from(scanElements(json), (element) => toReceivedEvent(element, defaults));
}

function toReceivedEvent(bytes: Buffer, defaults: RequestDefaults): ReceivedEvent {
  const result = parse(bytes);
  if (!result.ok) return toUnparseable(bytes, result.detail);
  const value = isJsonObject(result.value) ? applyDefaults(result.value, defaults) : result.value;
  // `JSON.stringify` would overflow the stack, here and wherever the fields go; what is so deep is refused anyway.
  const isTooDeep = isDeeperThan(value, MAX_DEPTH);
  const text = escapeForSqs(value === result.value || isTooDeep ? result.text : JSON.stringify(value));
  return { kind: 'event', text, source: value, value: isJsonObject(value) && !isTooDeep ? value : {} };
}

function toUnparseable(bytes: Buffer, detail: string): ReceivedEvent {
  return { kind: 'unparseable', body: isUtf8(bytes) ? bytes.toString() : bytes, detail };
}

type ParseResult = { ok: true; text: string; value: Json } | { ok: false; detail: string };

function parse(bytes: Buffer): ParseResult {
  if (!isUtf8(bytes)) return { ok: false, detail: 'not valid UTF-8' };
  const text = bytes.toString();
  try {
    return { ok: true, text, value: parseJson(text) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'not valid JSON' };
  }
}

/** The event with what its envelope says; the same object if nothing has to be changed. */
function applyDefaults(event: JsonObject, { route, shared }: RequestDefaults): JsonObject {
  const changes: JsonObject = {};
  if (route.type !== undefined && (event['type'] ?? null) === null) changes['type'] = route.type;
  for (const [key, sharedValue] of Object.entries(shared))
    changes[key] = mergeShared(sharedValue, event[key]);

  const { writeKey, ...withoutWriteKey } = event;
  const hasWriteKey = route.sdk && writeKey !== undefined;
  if (!hasWriteKey && Object.keys(changes).length === 0) return event;
  return { ...(hasWriteKey ? withoutWriteKey : event), ...changes };
}

/** The event's own keys win, and so does all that it has in this place but null. */
function mergeShared(sharedValue: Json, ownValue: Json | undefined): Json {
  if (isJsonObject(sharedValue) && isJsonObject(ownValue)) return { ...sharedValue, ...ownValue };
  return ownValue ?? sharedValue;
}

/**
 * In JSON these can only stand in strings, where an escape means the same. SQS refuses U+FFFE and U+FFFF; some of its
 * stand-ins refuse all that takes a surrogate pair, emoji among them.
 */
function escapeForSqs(json: string): string {
  return json.replace(/[\uFFFE\uFFFF\uD800-\uDFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
