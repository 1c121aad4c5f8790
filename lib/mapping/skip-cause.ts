import { isJsonObject, type Json, type JsonObject } from '../runtime/json.ts';
import { parseName, type SegmentEvent } from '../segment/event.ts';
import { eventUid, PAGEVIEW } from './event-uid.ts';
import type { MappingSettings } from './mapping-settings.ts';
import { createMatchers } from './name-pattern.ts';

/** Why an event is not sent to Salesmachine, though nothing is wrong with it. */
export const SKIP_CAUSES = [
  'integrations',
  'delete',
  'screen',
  'excluded',
  'anonymous',
  'alias_off',
  'alias_to_itself',
] as const;

export type SkipCause = (typeof SKIP_CAUSES)[number];

/**
 * Why an event is skipped as it came: what is not meant for Salesmachine need not be valid. Only
 * `integrations.Salesmachine` that is exactly `false` counts: Engage and Replay send `All: false`, which says nothing
 * about us. Segment's own page on its Salesmachine destination says that `screen` is not supported.
 */
export function findSourceSkipCause(value: Json, settings: MappingSettings): SkipCause | undefined {
  if (!isJsonObject(value)) return undefined;
  const { integrations, type } = value;
  if (isJsonObject(integrations) && integrations['Salesmachine'] === false) return 'integrations';
  if (type === 'delete') return 'delete';
  if (type === 'screen' && settings.screen === 'skip') return 'screen';
  return findExcludedName(value, settings) === undefined ? undefined : 'excluded';
}

/** Events that share an `event_uid` are one to Salesmachine: `Heart Beat` is also `heart-beat`. */
const getEventMatcher = createMatchers((pattern) => (pattern.includes('*') ? [] : [eventUid(pattern)]));

/** The pattern of `EXCLUDE_EVENTS` that an event's name matches, as it was sent or in snake_case. */
export function findExcludedName(event: JsonObject, { excludeEvents }: MappingSettings): string | undefined {
  if (excludeEvents.length === 0) return undefined;
  const name = findName(event);
  if (name === undefined) return undefined;
  const match = getEventMatcher(excludeEvents);
  return match(name) ?? match(eventUid(name));
}

/** A page without a name is called what Salesmachine calls it. */
function findName({ type, event, name }: JsonObject): string | undefined {
  if (type === 'track') return parseName(event);
  if (type === 'page') return parseName(name) ?? PAGEVIEW;
  return type === 'screen' ? parseName(name) : undefined;
}

/**
 * Why a valid event is skipped. A screen without a name has no event that it could become. With
 * `anonymousContacts: 'skip'` the group event of an anonymous user is not skipped: its account goes, only the link to
 * the contact does not.
 */
export function findSkipCause(event: SegmentEvent, settings: MappingSettings): SkipCause | undefined {
  if (event.type === 'alias') {
    if (settings.alias === 'off') return 'alias_off';
    return event.userId === event.previousId ? 'alias_to_itself' : undefined;
  }
  if (event.type === 'screen' && event.name === undefined) return 'screen';
  if (event.type === 'group' || event.userId !== undefined) return undefined;
  return settings.anonymousContacts === 'skip' ? 'anonymous' : undefined;
}
