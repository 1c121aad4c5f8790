import { isDeeperThan, isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import { EVENT_TYPES, toEventType } from './event-type.ts';
import { isBlank, isPlaceholderId, parseId, parseText } from './id.ts';

type CommonFields = {
  messageId: string | undefined;
  userId: string | undefined;
  anonymousId: string | undefined;
  /**
   * When it happened, the best first, as the sender wrote it: `timestamp` (Segment's corrected time),
   * `originalTimestamp`, `receivedAt`, `sentAt`. Any of them may be unreadable.
   */
  timestamps: string[];
  context: JsonObject;
};

export type IdentifyEvent = CommonFields & { type: 'identify'; traits: JsonObject };
export type TrackEvent = CommonFields & { type: 'track'; event: string; properties: JsonObject };
type View = { name: string | undefined; category: string | undefined; properties: JsonObject };
export type PageEvent = CommonFields & View & { type: 'page' };
export type ScreenEvent = CommonFields & View & { type: 'screen' };
export type GroupEvent = CommonFields & { type: 'group'; groupId: string; traits: JsonObject };
/** `userId` is the contact that survives: where the event has none, its `anonymousId`. */
export type AliasEvent = CommonFields & { type: 'alias'; userId: string; previousId: string };

/**
 * A Segment event that can be mapped: ids are non-empty strings, names have no outer spaces, objects are objects, and
 * all but a group event have a `userId` or an `anonymousId`.
 */
export type SegmentEvent = IdentifyEvent | TrackEvent | PageEvent | ScreenEvent | GroupEvent | AliasEvent;

export type ParsedEvent =
  | { kind: 'event'; event: SegmentEvent }
  /** `detail` tells a person what is wrong; it never quotes an id, a trait or a property's value. */
  | { kind: 'invalid'; detail: string };

/** The deepest that an event may be nested; the event itself is the first level. */
export const MAX_DEPTH = 64;

/** What an event of each type needs: the event, or what is wrong with it. */
const parsers: Record<
  SegmentEvent['type'],
  (source: JsonObject, common: CommonFields) => SegmentEvent | string
> = {
  identify: (source, common) => ({ ...common, type: 'identify', traits: readTraits(source, common.context) }),

  track: (source, common) => {
    const event = parseName(source['event']);
    if (event === undefined) return `a track event needs a name, but ${describeField(source, 'event')}`;
    return { ...common, type: 'track', event, properties: readObject(source, 'properties') };
  },

  page: (source, common) => ({ ...common, type: 'page', ...readView(source) }),

  screen: (source, common) => ({ ...common, type: 'screen', ...readView(source) }),

  group: (source, common) => {
    const groupId = parseId(source['groupId']);
    if (groupId === undefined)
      return `a group event needs a groupId, but ${describeField(source, 'groupId')}`;
    return { ...common, type: 'group', groupId, traits: readObject(source, 'traits') };
  },

  alias: (source, common) => {
    const userId = common.userId ?? common.anonymousId;
    const previousId = parseId(source['previousId']);
    if (userId === undefined) return describeMissingUser(source);
    if (previousId === undefined)
      return `an alias event needs a previousId, but ${describeField(source, 'previousId')}`;
    return { ...common, type: 'alias', userId, previousId };
  },
};

const parserByType = new Map(Object.entries(parsers));

/**
 * Reads one Segment event as Segment documents it; nothing is guessed or repaired but what this says.
 *
 * In this order: its type, what is nested deeper than 64, what has no user (all but `group` need one), what its type
 * needs.
 *
 * - Ids are exact: numbers become their digits, nothing is trimmed; what is empty, blank, null, a placeholder of a
 *   programming error (`undefined`, `[object Object]`) or anything else is no id.
 * - Names (`event`, `name`, `category`) are strings that are not blank, without their outer spaces; anything else is
 *   no name.
 * - `traits` and `properties` that are no object are kept as one attribute: `{ traits: value }`. Blank text is none,
 *   and so is an empty list, which is how PHP writes an empty object. An identify call without any traits has those of
 *   its context: RudderStack's SDKs put them there.
 */
export function parseEvent(value: Json): ParsedEvent {
  if (!isJsonObject(value))
    return toInvalid(`an event must be a JSON object, but this is ${describeType(value)}`);
  const type = value['type'];
  if (typeof type !== 'string')
    return toInvalid(`an event needs a type, but ${describeField(value, 'type')}`);
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

/** A name without its outer spaces; undefined if nothing is left of it, or if it is no text. */
export function parseName(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value.trim() || undefined : undefined;
}

const toInvalid = (detail: string): ParsedEvent => ({ kind: 'invalid', detail });

function parseCommonFields(source: JsonObject): CommonFields {
  const context = source['context'];
  return {
    messageId: parseText(source['messageId']),
    userId: parseId(source['userId']),
    anonymousId: parseId(source['anonymousId']),
    timestamps: readTimestamps(source),
    context: isJsonObject(context) ? context : {},
  };
}

function readTimestamps(source: JsonObject): string[] {
  const timestamps: string[] = [];
  for (const key of TIME_KEYS) {
    const time = parseText(source[key]);
    if (time !== undefined) timestamps.push(time);
  }
  return timestamps;
}

const TIME_KEYS = ['timestamp', 'originalTimestamp', 'receivedAt', 'sentAt'] as const;

const readView = (source: JsonObject): View => ({
  name: parseName(source['name']),
  category: parseName(source['category']),
  properties: readObject(source, 'properties'),
});

function readTraits(source: JsonObject, context: JsonObject): JsonObject {
  const traits = readObject(source, 'traits');
  const contextTraits = context['traits'];
  for (const _ in traits) return traits;
  return isJsonObject(contextTraits) ? contextTraits : traits;
}

function readObject(source: JsonObject, key: 'traits' | 'properties'): JsonObject {
  const value = source[key];
  if (isJsonObject(value)) return value;
  const isEmpty = isBlank(value) || (Array.isArray(value) && value.length === 0);
  return isEmpty ? {} : { [key]: value ?? null };
}

function describeMissingUser(source: JsonObject): string {
  return `the event has no user: ${describeField(source, 'userId')}, ${describeField(source, 'anonymousId')}`;
}

/** It is not quoted: what slipped into the place of a type may be a person's name. */
function describeUnknownType(type: string): string {
  const meant = toEventType(type.trim().toLowerCase());
  return meant === undefined || meant === type
    ? `the type is unknown: it must be one of ${EVENT_TYPES.join(', ')}`
    : `the type must be written "${meant}"`;
}

const describeField = (source: JsonObject, key: string) => `${key} is ${describeType(source[key])}`;

function describeType(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return describeText(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A placeholder is quoted: it is no person's. */
function describeText(text: string): string {
  if (text.trim() === '') return 'empty';
  return isPlaceholderId(text) ? `the placeholder "${text.trim()}"` : 'a string';
}
