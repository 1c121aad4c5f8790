import { isDeeperThan, isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';

type CommonFields = {
  messageId?: string;
  userId?: string;
  anonymousId?: string;
  /** As Segment sent it: nanosecond fractions and numeric offsets occur. */
  timestamp?: string;
  context: JsonObject;
};

export type IdentifyEvent = CommonFields & { type: 'identify'; traits: JsonObject };
export type TrackEvent = CommonFields & { type: 'track'; event: string; properties: JsonObject };
export type PageEvent = CommonFields & { type: 'page'; name?: string; properties: JsonObject };
export type GroupEvent = CommonFields & { type: 'group'; groupId: string; traits: JsonObject };
/** `userId` is the contact that survives: where the event has none, its `anonymousId`. */
export type AliasEvent = CommonFields & { type: 'alias'; userId: string; previousId: string };

/**
 * A Segment event that can be mapped: ids are non-empty strings, objects are objects, and all but a group event have
 * a `userId` or an `anonymousId`.
 */
export type SegmentEvent = IdentifyEvent | TrackEvent | PageEvent | GroupEvent | AliasEvent;

/** Why an event that is fine is still not meant for Salesmachine. */
export type SegmentSkipCause = 'screen' | 'delete' | 'integrations';

export type ParsedEvent =
  | { kind: 'event'; event: SegmentEvent }
  | { kind: 'skipped'; cause: SegmentSkipCause }
  /** `detail` tells a person what is wrong; it never quotes an id, a trait or a property's value. */
  | { kind: 'invalid'; detail: string };

/** The deepest that an event may be nested; the event itself is the first level. */
export const MAX_DEPTH = 64;

/** What an event of each type needs: the event, or what is wrong with it. */
const parsers: Record<
  SegmentEvent['type'],
  (source: JsonObject, common: CommonFields) => SegmentEvent | string
> = {
  identify: (source, common) => ({ ...common, type: 'identify', traits: readObject(source, 'traits') }),

  track: (source, common) => {
    const event = toNonBlankString(source['event']);
    if (event === undefined) return `a track event needs a name, but ${describeField(source, 'event')}`;
    return { ...common, type: 'track', event, properties: readObject(source, 'properties') };
  },

  page: (source, common) => {
    const name = toNonBlankString(source['name']);
    return { ...common, type: 'page', ...(name && { name }), properties: readObject(source, 'properties') };
  },

  group: (source, common) => {
    const groupId = toId(source['groupId']);
    if (groupId === undefined)
      return `a group event needs a groupId, but ${describeField(source, 'groupId')}`;
    return { ...common, type: 'group', groupId, traits: readObject(source, 'traits') };
  },

  alias: (source, common) => {
    const userId = common.userId ?? common.anonymousId;
    const previousId = toId(source['previousId']);
    if (userId === undefined) return describeMissingUser(source);
    if (previousId === undefined)
      return `an alias event needs a previousId, but ${describeField(source, 'previousId')}`;
    return { ...common, type: 'alias', userId, previousId };
  },
};

const parserByType = new Map(Object.entries(parsers));

/** Segment's own page on its Salesmachine destination: `screen` is not supported. */
const skippedTypes = new Map<string, SegmentSkipCause>([
  ['screen', 'screen'],
  ['delete', 'delete'],
]);

/**
 * Reads one Segment event as Segment documents it; nothing is guessed or repaired but what this says.
 *
 * In this order: `integrations.Salesmachine` that is exactly `false` is skipped (Engage and Replay send `All: false`,
 * which says nothing about us), then by its type: skipped, or refused if it is not known; then what is nested deeper
 * than 64, then what has no user (all but `group` need one), then what its type needs.
 *
 * - Ids are exact: numbers become their digits, nothing is trimmed; empty, blank, null and anything else is no id.
 * - Names (`event`, `name`) are strings that are not blank; anything else is no name.
 * - `traits` and `properties` that are no object are kept as one attribute: `{ traits: value }`.
 * - `timestamp` is Segment's corrected time of the event; without one, `originalTimestamp`.
 */
export function parseEvent(value: Json): ParsedEvent {
  if (!isJsonObject(value))
    return toInvalid(`an event must be a JSON object, but this is ${describeType(value)}`);

  const integrations = value['integrations'];
  if (isJsonObject(integrations) && integrations['Salesmachine'] === false) return toSkipped('integrations');

  const type = value['type'];
  if (typeof type !== 'string')
    return toInvalid(`an event needs a type, but ${describeField(value, 'type')}`);
  const cause = skippedTypes.get(type);
  if (cause !== undefined) return toSkipped(cause);
  const parser = parserByType.get(type);
  if (parser === undefined) return toInvalid(describeUnknownType(type));

  if (isDeeperThan(value, MAX_DEPTH))
    return toInvalid(`the event is nested more than ${MAX_DEPTH} levels deep`);
  const common = parseCommonFields(value);
  const hasUser = common.userId !== undefined || common.anonymousId !== undefined;
  if (!hasUser && type !== 'group') return toInvalid(describeMissingUser(value));
  const event = parser(value, common);
  return typeof event === 'string' ? toInvalid(event) : { kind: 'event', event };
}

const toInvalid = (detail: string): ParsedEvent => ({ kind: 'invalid', detail });
const toSkipped = (cause: SegmentSkipCause): ParsedEvent => ({ kind: 'skipped', cause });

function parseCommonFields(source: JsonObject): CommonFields {
  const messageId = toId(source['messageId']);
  const userId = toId(source['userId']);
  const anonymousId = toId(source['anonymousId']);
  const timestamp = toId(source['timestamp']) ?? toId(source['originalTimestamp']);
  const context = source['context'];
  return {
    ...(messageId && { messageId }),
    ...(userId && { userId }),
    ...(anonymousId && { anonymousId }),
    ...(timestamp && { timestamp }),
    context: isJsonObject(context) ? context : {},
  };
}

/** A string that says something, exactly as it is. */
function toNonBlankString(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** As `textOf`, and a number by its digits: 1e21 is written out, as it would be in a sender's database. */
function toId(value: Json | undefined): string | undefined {
  if (typeof value !== 'number') return toNonBlankString(value);
  return Number.isInteger(value) ? String(BigInt(value)) : String(value);
}

function readObject(source: JsonObject, key: 'traits' | 'properties'): JsonObject {
  const value = source[key] ?? {};
  return isJsonObject(value) ? value : { [key]: value };
}

function describeMissingUser(source: JsonObject): string {
  return `the event has no user: ${describeField(source, 'userId')}, ${describeField(source, 'anonymousId')}`;
}

/** A type is quoted only if it can be nothing but a type: a value that slipped into its place may be personal. */
function describeUnknownType(type: string): string {
  const problem = /^[a-z]{1,20}$/i.test(type) ? `the type "${type}" is unknown` : 'the type is unknown';
  return `${problem}: it must be one of ${[...parserByType.keys(), ...skippedTypes.keys()].join(', ')}`;
}

const describeField = (source: JsonObject, key: string) => `${key} is ${describeType(source[key])}`;

function describeType(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return value.trim() === '' ? 'empty' : 'a string';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
