import type { JsonObject } from '../runtime/json.ts';
import type {
  AccountOperation,
  ContactOperation,
  EventOperation,
  Operation,
  Params,
} from '../salesmachine/operation.ts';
import type { GroupEvent, SegmentEvent } from '../segment/event.ts';
import { eventUid, PAGEVIEW } from './event-uid.ts';
import { flatten } from './flatten.ts';
import { buildParams, toNameFields, toVisitFields } from './params.ts';
import { isoTimestamp } from './timestamp.ts';

export type MappingSettings = {
  /** Whether somebody who is known by an `anonymousId` only becomes a contact. */
  anonymousContacts: 'keep' | 'skip';
  /** How aliases are sent: a request each (so that a refusal is visible), in the batch, or not at all. */
  alias: 'single' | 'batch' | 'off';
};

/** Why the settings keep an event from Salesmachine. */
export type MappingSkipCause = 'anonymous' | 'alias_off';

type EventByType = { [Event in SegmentEvent as Event['type']]: Event };
type EventType = keyof EventByType;

/** What each call becomes, after what Segment's page on its own Salesmachine destination promises. */
const mappers: { [Type in EventType]: (event: EventByType[Type], settings: MappingSettings) => Operation[] } =
  {
    identify: (event) => [
      contact(event, buildParams(event.traits, event.context, toNameFields(event.traits))),
    ],

    track: (event) => [namedEvent(event, event.event, event.properties)],

    page: (event) => [
      pageview(event, event.properties),
      ...(event.name === undefined ? [] : [namedEvent(event, event.name, event.properties)]),
    ],

    group: (event, settings) => [
      account(event),
      ...(linksContact(event, settings)
        ? [contact(event, { account_uid: event.groupId.toWellFormed() })]
        : []),
    ],

    alias: (event) => [
      {
        method: 'alias',
        contact_uid: event.userId.toWellFormed(),
        previous_contact_uid: event.previousId.toWellFormed(),
        ...toTraceFields(event),
      },
    ],
  };

/**
 * Whether the settings keep the whole event from Salesmachine, and why. With `anonymousContacts: 'skip'` the group
 * event of an anonymous user is not kept back: its account goes, only the link to the contact does not.
 */
export function skipCause(event: SegmentEvent, settings: MappingSettings): MappingSkipCause | undefined {
  if (event.type === 'alias') return settings.alias === 'off' ? 'alias_off' : undefined;
  if (event.type === 'group' || event.userId !== undefined) return undefined;
  return settings.anonymousContacts === 'skip' ? 'anonymous' : undefined;
}

/**
 * The operations that one event becomes, in the order in which they are to be applied; none if `skipCause` says so.
 *
 * @throws if the event has no user where its type needs one; a parsed event has
 */
export function mapEvent(event: SegmentEvent, settings: MappingSettings): Operation[] {
  return skipCause(event, settings) === undefined ? mapByType(event.type, event, settings) : [];
}

function mapByType<Type extends EventType>(
  type: Type,
  event: EventByType[Type],
  settings: MappingSettings,
): Operation[] {
  return mappers[type](event, settings);
}

function contact(event: SegmentEvent, params: Params): ContactOperation {
  return { method: 'contact', contact_uid: contactUid(event), params, ...toTraceFields(event) };
}

/** The account is the group itself, so a trait called `account_uid` links nothing: it is a trait like any other. */
function account(event: GroupEvent): AccountOperation {
  const params = flatten(event.traits);
  return { method: 'account', account_uid: event.groupId.toWellFormed(), params, ...toTraceFields(event) };
}

/** It has no `display_name`: Salesmachine knows what a page view is. */
function pageview(event: SegmentEvent, properties: JsonObject): EventOperation {
  const params = buildParams(properties, event.context, toVisitFields(properties, event.context));
  return {
    method: 'event',
    contact_uid: contactUid(event),
    event_uid: PAGEVIEW,
    params,
    ...toTraceFields(event),
  };
}

function namedEvent(event: SegmentEvent, name: string, properties: JsonObject): EventOperation {
  const params = buildParams(properties, event.context, { display_name: name.toWellFormed() });
  return {
    method: 'event',
    contact_uid: contactUid(event),
    event_uid: eventUid(name),
    params,
    ...toTraceFields(event),
  };
}

function contactUid(event: SegmentEvent): string {
  const uid = event.userId ?? event.anonymousId;
  if (uid === undefined) throw new Error(`The ${event.type} event has neither userId nor anonymousId.`);
  return uid.toWellFormed();
}

function linksContact(event: GroupEvent, settings: MappingSettings): boolean {
  if (event.userId !== undefined) return true;
  return event.anonymousId !== undefined && settings.anonymousContacts === 'keep';
}

/** A timestamp that can't be read is left out: the event still goes, and Salesmachine dates it when it comes. */
function toTraceFields(event: SegmentEvent): { created_at?: string; messageId?: string } {
  const createdAt = event.timestamp === undefined ? undefined : isoTimestamp(event.timestamp);
  return {
    ...(createdAt === undefined ? {} : { created_at: createdAt }),
    ...(event.messageId === undefined ? {} : { messageId: event.messageId.toWellFormed() }),
  };
}
