import { isUtf8 } from 'node:buffer';
import { isDeeperThan, isJsonObject, type Json, type JsonObject, parseJson } from '../runtime/json.ts';
import { MAX_DEPTH, type ParsedEvent, parseEvent } from './event.ts';
import { elementsOf, isArray, isObject, type Member, membersOf, trimmed } from './json-scanner.ts';
import type { Route } from './route.ts';

/** Names are in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** What came over HTTP: the path without its query, the body without API Gateway's base64. */
export type HttpRequest = { method: string; path: string; headers: Headers; body: Buffer };

/** One event of a request. */
export type ReceivedEvent =
  /** `text` is its JSON; `value` its fields, none if it is no object or nested too deep (and so invalid). */
  | ({ text: string; value: JsonObject } & ParsedEvent)
  /** No JSON: as text where it is UTF-8, else as bytes. `detail` tells a person what is wrong. */
  | { kind: 'unparseable'; body: string | Buffer; detail: string };

/** What an event leaves to its request. */
type Envelope = { route: Route; shared: JsonObject };

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
export function eventsOf(body: Buffer, route: Route): ReceivedEvent[] {
  const json = trimmed(body);
  const envelope = { route, shared: {} };
  if (json.length === 0) return [];
  if (isArray(json)) return arrayOf(json, envelope);
  const members = isObject(json) && route.type === undefined ? [...membersOf(json)] : [];
  return isBatch(members) ? batchOf(json, members, route) : [received(json, envelope)];
}

function isBatch(members: readonly Member[]): boolean {
  return members.some(isEvents) && !members.some(({ key }) => key === 'type');
}

const isEvents = ({ key, value }: Member) => key === 'batch' && isArray(value);

function batchOf(json: Buffer, members: readonly Member[], route: Route): ReceivedEvent[] {
  const shared = sharedBy(members);
  if (shared === undefined) return [unparseable(json, "the batch's context or integrations cannot be read")];
  return members.flatMap((member) => {
    if (isEvents(member)) return arrayOf(member.value, { route, shared });
    // No member at all is what follows the batch's end, or what is broken: it may hold events.
    return member.key === undefined ? [received(member.value, { route, shared })] : [];
  });
}

function sharedBy(members: readonly Member[]): JsonObject | undefined {
  const shared: JsonObject = {};
  for (const { key = '', value } of members) {
    if (!SHARED_KEYS.has(key)) continue;
    const reading = read(value);
    if (!reading.ok) return undefined;
    if (isJsonObject(reading.value)) shared[key] = reading.value;
  }
  return isDeeperThan(shared, MAX_DEPTH) ? undefined : shared;
}

function arrayOf(json: Buffer, envelope: Envelope): ReceivedEvent[] {
  return Array.from(elementsOf(json), (element) => received(element, envelope));
}

function received(bytes: Buffer, envelope: Envelope): ReceivedEvent {
  const reading = read(bytes);
  if (!reading.ok) return unparseable(bytes, reading.detail);
  const value = isJsonObject(reading.value) ? completed(reading.value, envelope) : reading.value;
  const parsed = parseEvent(value);
  // `JSON.stringify` would overflow the stack, here and wherever the fields go; what is so deep is refused anyway.
  const isTooDeep = isDeeperThan(value, MAX_DEPTH);
  const text = escaped(value === reading.value || isTooDeep ? reading.text : JSON.stringify(value));
  return { text, value: isJsonObject(value) && !isTooDeep ? value : {}, ...parsed };
}

function unparseable(bytes: Buffer, detail: string): ReceivedEvent {
  return { kind: 'unparseable', body: isUtf8(bytes) ? bytes.toString() : bytes, detail };
}

type Reading = { ok: true; text: string; value: Json } | { ok: false; detail: string };

function read(bytes: Buffer): Reading {
  if (!isUtf8(bytes)) return { ok: false, detail: 'not valid UTF-8' };
  const text = bytes.toString();
  try {
    return { ok: true, text, value: parseJson(text) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'not valid JSON' };
  }
}

/** The event with what its envelope says; the same object if nothing has to be changed. */
function completed(event: JsonObject, { route, shared }: Envelope): JsonObject {
  const changes: JsonObject = {};
  if (route.type !== undefined && (event['type'] ?? null) === null) changes['type'] = route.type;
  for (const [key, common] of Object.entries(shared)) changes[key] = merged(common, event[key]);

  const { writeKey, ...withoutKey } = event;
  const hasKey = route.sdk && writeKey !== undefined;
  if (!hasKey && Object.keys(changes).length === 0) return event;
  return { ...(hasKey ? withoutKey : event), ...changes };
}

/** The event's own keys win, and so does all that it has in this place but null. */
function merged(common: Json, own: Json | undefined): Json {
  if (isJsonObject(common) && isJsonObject(own)) return { ...common, ...own };
  return own ?? common;
}

/**
 * In JSON these can only stand in strings, where an escape means the same. SQS refuses U+FFFE and U+FFFF; some of its
 * stand-ins refuse all that takes a surrogate pair, emoji among them.
 */
function escaped(json: string): string {
  return json.replace(/[\uFFFE\uFFFF\uD800-\uDFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
