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
import { matcherOf } from './name-pattern.ts';
import { type Fields, toAccountParams, toContactParams, toEventParams, toVisitFields } from './params.ts';
import { isoTimestamp } from './timestamp.ts';

/** What all operations of an event have in common. */
type Source = { settings: MappingSettings; trace: { created_at?: string; messageId?: string } };

type EventByType = { [Event in SegmentEvent as Event['type']]: Event };
type EventType = keyof EventByType;

/** What each call becomes, after what Segment's page on its own Salesmachine destination promises. */
const mappers: { [Type in EventType]: (event: EventByType[Type], source: Source) => Operation[] } = {
  identify: (event, source) => [contact(event, toContactParams(event.traits, event.context), source)],

  track: (event, source) => [namedEvent(event, event.event, {}, source)],

  page: (event, source) =>
    event.name === undefined
      ? [pageview(event, source)]
      : [pageview(event, source), namedView(event, event.name, source)],

  screen: (event, source) => (event.name === undefined ? [] : [namedView(event, event.name, source)]),

  group: (event, source) =>
    linksContact(event, source.settings)
      ? [account(event, source), contact(event, { account_uid: event.groupId.toWellFormed() }, source)]
      : [account(event, source)],

  alias: (event, { trace }) => [
    {
      method: 'alias',
      contact_uid: event.userId.toWellFormed(),
      previous_contact_uid: event.previousId.toWellFormed(),
      ...trace,
    },
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
  const source = { settings, trace: toTraceFields(event, acceptedAt) };
  return mapByType(event.type, event, source).map((operation) => withoutExcluded(operation, settings));
}

function mapByType<Type extends EventType>(
  type: Type,
  event: EventByType[Type],
  source: Source,
): Operation[] {
  return mappers[type](event, source);
}

function contact(event: SegmentEvent, params: Params, { trace }: Source): ContactOperation {
  return { method: 'contact', contact_uid: contactUid(event), params, ...trace };
}

function account(event: GroupEvent, { trace }: Source): AccountOperation {
  const params = toAccountParams(event.traits);
  return { method: 'account', account_uid: event.groupId.toWellFormed(), params, ...trace };
}

/** What the relay itself adds can be excluded, too: `visit_ip` or `name`, but never the name of an event. */
function withoutExcluded(operation: Operation, { excludeAttributes }: MappingSettings): Operation {
  if (excludeAttributes.length === 0 || operation.method === 'alias') return operation;
  const match = matcherOf(excludeAttributes);
  const isKept = (name: string) =>
    match(name) === undefined || (operation.method === 'event' && name === 'display_name');
  const params = Object.fromEntries(Object.entries(operation.params).filter(([name]) => isKept(name)));
  return { ...operation, params };
}

/** It has no `display_name`: Salesmachine knows what a page view is. */
function pageview(event: PageEvent, { settings, trace }: Source): EventOperation {
  const { properties, context, name, category } = event;
  const fields = { ...toVisitFields(properties, context), name, category };
  const params = toEventParams(properties, context, fields, settings.contextAttributes);
  return { method: 'event', contact_uid: contactUid(event), event_uid: PAGEVIEW, params, ...trace };
}

const namedView = (event: PageEvent | ScreenEvent, name: string, source: Source): EventOperation =>
  namedEvent(event, name, { category: event.category }, source);

function namedEvent(
  event: TrackEvent | PageEvent | ScreenEvent,
  name: string,
  fields: Fields,
  { settings, trace }: Source,
): EventOperation {
  const { properties, context } = event;
  const params = toEventParams(properties, context, fields, settings.contextAttributes, name);
  return { method: 'event', contact_uid: contactUid(event), event_uid: eventUid(name), params, ...trace };
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

function toTraceFields(event: SegmentEvent, acceptedAt: string | undefined): Source['trace'] {
  const createdAt = findCreatedAt(event.timestamps) ?? acceptedAt;
  return {
    ...(createdAt === undefined ? {} : { created_at: createdAt }),
    ...(event.messageId === undefined ? {} : { messageId: event.messageId.toWellFormed() }),
  };
}

function findCreatedAt(timestamps: readonly string[]): string | undefined {
  for (const timestamp of timestamps) {
    const iso = isoTimestamp(timestamp);
    if (iso !== undefined) return iso;
  }
  return undefined;
}
