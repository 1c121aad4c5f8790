import { isJsonObject, type Json } from '../runtime/json.ts';
import type { SegmentEvent } from '../segment/event.ts';
import type { MappingSettings } from './mapping-settings.ts';

/** Why an event is not sent to Salesmachine, though nothing is wrong with it. */
export const SKIP_CAUSES = [
  'integrations',
  'delete',
  'screen',
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
export function findSourceSkipCause(value: Json): SkipCause | undefined {
  if (!isJsonObject(value)) return undefined;
  const { integrations, type } = value;
  if (isJsonObject(integrations) && integrations['Salesmachine'] === false) return 'integrations';
  return type === 'delete' || type === 'screen' ? type : undefined;
}

/**
 * Why a valid event is skipped. With `anonymousContacts: 'skip'` the group event of an anonymous user is not: its
 * account goes, only the link to the contact does not.
 */
export function findSkipCause(event: SegmentEvent, settings: MappingSettings): SkipCause | undefined {
  if (event.type === 'alias') {
    if (settings.alias === 'off') return 'alias_off';
    return event.userId === event.previousId ? 'alias_to_itself' : undefined;
  }
  if (event.type === 'group' || event.userId !== undefined) return undefined;
  return settings.anonymousContacts === 'skip' ? 'anonymous' : undefined;
}
