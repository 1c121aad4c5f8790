import type {
  AccountOperation,
  ContactOperation,
  EventOperation,
  Operation,
  Params,
} from '../salesmachine/operation.ts';
import type { GroupEvent, PageEvent, ScreenEvent, SegmentEvent, TrackEvent } from '../segment/event.ts';
import { eventUid, PAGEVIEW } from './event-uid.ts';
import type { MappingSettings } from './mapping-settings.ts';
import { getAttributeMatcher } from './name-pattern.ts';
import { type Fields, toAccountParams, toContactParams, toEventParams, toVisitFields } from './params.ts';
import { findTime } from './timestamp.ts';

/** What all operations of an event have in common. */
type Source = { settings: MappingSettings; createdAt: string | undefined; messageId: string | undefined };

type EventByType = { [Event in SegmentEvent as Event['type']]: Event };
type EventType = keyof EventByType;

/** What each call becomes, after what Segment's page on its own Salesmachine destination promises. */
const mappers: { [Type in EventType]: (event: EventByType[Type], source: Source) => Operation[] } = {
  identify: (event, source) => [contact(event, toContactParams(event.traits, event.context), source)],

  track: (event, source) => [toEvent(event, eventUid(event.event), { display_name: event.event }, source)],

  page: (event, source) =>
    event.name === undefined
      ? [pageview(event, source)]
      : [pageview(event, source), namedView(event, event.name, source)],

  screen: (event, source) => (event.name === undefined ? [] : [namedView(event, event.name, source)]),

  group: (event, source) =>
    linksContact(event, source.settings)
      ? [account(event, source), contact(event, { account_uid: event.groupId.toWellFormed() }, source)]
      : [account(event, source)],

  alias: (event, source) => [
    addTrace(
      {
        method: 'alias',
        contact_uid: event.userId.toWellFormed(),
        previous_contact_uid: event.previousId.toWellFormed(),
      },
      source,
    ),
  ],
};

/**
 * The operations that one event becomes, in the order in which they are to be applied.
 *
 * @param acceptedAt the time of an event whose own times cannot be read
 * @throws if the event has no user where its type needs one; a parsed event has
 */
export function toOperations(
  event: SegmentEvent,
  settings: MappingSettings,
  acceptedAt?: string,
): Operation[] {
  const createdAt = findTime(event.timestamps, acceptedAt) ?? acceptedAt;
  const source = { settings, createdAt, messageId: event.messageId?.toWellFormed() };
  const operations = mapByType(event.type, event, source);
  if (settings.excludeAttributes.length === 0) return operations;
  return operations.map((operation) => excludeParams(operation, settings));
}

function mapByType<Type extends EventType>(
  type: Type,
  event: EventByType[Type],
  source: Source,
): Operation[] {
  return mappers[type](event, source);
}

function contact(event: SegmentEvent, params: Params, source: Source): ContactOperation {
  return addTrace({ method: 'contact', contact_uid: contactUid(event), params }, source);
}

function account(event: GroupEvent, source: Source): AccountOperation {
  const params = toAccountParams(event.traits);
  return addTrace({ method: 'account', account_uid: event.groupId.toWellFormed(), params }, source);
}

/** What the relay itself adds can be excluded, too: `visit_ip` or `name`, but never the name of an event. */
function excludeParams(operation: Operation, { excludeAttributes }: MappingSettings): Operation {
  if (operation.method === 'alias') return operation;
  const match = getAttributeMatcher(excludeAttributes);
  const isKept = (name: string) =>
    match(name) === undefined || (operation.method === 'event' && name === 'display_name');
  const params = Object.fromEntries(Object.entries(operation.params).filter(([name]) => isKept(name)));
  return { ...operation, params };
}

/** It has no `display_name`: Salesmachine knows what a page view is. */
function pageview(event: PageEvent, source: Source): EventOperation {
  const { properties, context, name, category } = event;
  return toEvent(event, PAGEVIEW, { ...toVisitFields(properties, context), name, category }, source);
}

const namedView = (event: PageEvent | ScreenEvent, name: string, source: Source): EventOperation =>
  toEvent(event, eventUid(name), { display_name: name, category: event.category }, source);

function toEvent(
  event: TrackEvent | PageEvent | ScreenEvent,
  uid: string,
  fields: Fields,
  source: Source,
): EventOperation {
  const params = toEventParams(event.properties, event.context, fields, source.settings.contextAttributes);
  return addTrace({ method: 'event', contact_uid: contactUid(event), event_uid: uid, params }, source);
}

/** Adds to an operation what all operations of its event have in common. */
function addTrace<Traced extends Operation>(operation: Traced, { createdAt, messageId }: Source): Traced {
  if (createdAt !== undefined) operation.created_at = createdAt;
  if (messageId !== undefined) operation.messageId = messageId;
  return operation;
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
