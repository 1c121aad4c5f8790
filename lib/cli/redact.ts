import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { toEventType } from '../segment/event-type.ts';

/** What Segment or a programmer writes into an event, not its user; so is a known `type`. */
const plainEventKeys: ReadonlySet<string> = new Set([
  'event',
  'messageId',
  'timestamp',
  'originalTimestamp',
  'sentAt',
  'receivedAt',
  'version',
  'channel',
]);

const MAX_PLAIN_LENGTH = 100;

/** Deeper values are of no use to a reader, and recursion would overflow the stack. */
const MAX_DEPTH = 64;

/**
 * An event with its structure and its keys, but without what they say of a person: every value becomes its kind. Null
 * and the empty text stay, for they are often what is wrong with an event.
 */
export const redact = (event: Json): Json =>
  isJsonObject(event) ? redactMembers(event, plainEventKeys) : mask(event, 1);

/** What the relay itself writes into an operation, or Segment. */
const plainOperationKeys: ReadonlySet<string> = new Set(['method', 'event_uid', 'created_at', 'messageId']);

/** An operation of Salesmachine's, redacted in the same way. */
export const redactOperation = (operation: Operation): JsonObject =>
  redactMembers(operation, plainOperationKeys);

const redactMembers = (object: Operation | JsonObject, plainKeys: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]: [string, Json]) => [
      maskKey(key),
      isPlain(key, value, plainKeys) ? value : mask(value, 2),
    ]),
  );

/** A sender's slip may put anything anywhere: an address into the name of an event, a name into its type. */
const isPlain = (key: string, value: Json, plainKeys: ReadonlySet<string>): boolean =>
  (key === 'type' ? toEventType(value) !== undefined : plainKeys.has(key)) &&
  typeof value === 'string' &&
  value.length <= MAX_PLAIN_LENGTH &&
  !value.includes('@');

const maskKey = (key: string): string => (key.includes('@') ? '‹email›' : key);

function mask(value: Json, depth: number): Json {
  if (value === null || value === '') return value;
  if (typeof value === 'string') return `‹${findTextKind(value)}›`;
  if (typeof value !== 'object') return `‹${typeof value}›`;
  if (depth >= MAX_DEPTH) return '‹nested deeper›';
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  return maskObject(value, depth);
}

const maskObject = (object: JsonObject, depth: number): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [maskKey(key), mask(value, depth + 1)]));

const textKinds: readonly [kind: string, pattern: RegExp][] = [
  ['blank', /^\s+$/],
  ['email', /@/],
  ['url', /^https?:/i],
  ['date', /^\d{4}-\d\d-\d\d/],
  ['digits', /^\d+$/],
];

const findTextKind = (text: string): string =>
  textKinds.find(([, pattern]) => pattern.test(text))?.[0] ?? 'text';
