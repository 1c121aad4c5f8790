import { isJsonObject, type Json, parseObjectOrEmpty } from '../../runtime/json.ts';
import type { EventState, JourneyStep } from './protocol.ts';

/** The request that an event came with. */
export type Source = {
  route: string;
  userAgent: string;
  /** What kind of credential it presented. */
  credential: string;
  /** How many events of it were seen so far. */
  events: number;
  /** Undefined until it is answered. */
  answer?: { status: number; durationMs: number };
};

/** The latest events that are kept, and the bytes that their bodies may take together. */
const MAX_EVENTS = 1_000;
const MAX_BYTES = 48 * 1_048_576;

/** Longer bodies are kept and shown in part. */
const MAX_BODY_LENGTH = 131_072;

const MAX_STEPS = 60;

/** An event and what happened to it so far. */
export type EventRecord = {
  id: string;
  cameAt: number;
  /** Undefined if another program put it into the queue. */
  source: Source | undefined;
  body: string;
  isCut: boolean;
  /** Of the event, where it is a JSON object. */
  fields: { type: string; name: string; user: string; messageId: string };
  state: EventState;
  detail: string;
  lane: number | undefined;
  request: number | undefined;
  latencyMs: number | undefined;
  steps: JourneyStep[];
  /** Grows with each change in any event. */
  version: number;
};

export type NewEvent = Pick<EventRecord, 'id' | 'cameAt' | 'body' | 'source'>;

export type EventChange = Partial<
  Pick<EventRecord, 'state' | 'detail' | 'lane' | 'request' | 'latencyMs'>
> & {
  step?: JourneyStep;
};

/** The latest events, by the ids of the messages that carry them. */
export function createEventRing() {
  /** In the order in which they came. */
  const records = new Map<string, EventRecord>();
  /** Further message ids of an event: of its replays. */
  const aliases = new Map<string, string>();
  const idsByMessageId = new Map<string, string>();
  let bytes = 0;
  let version = 0;

  const get = (id: string): EventRecord | undefined => records.get(aliases.get(id) ?? id);

  function evictOldest(): void {
    for (const [id, record] of records) {
      if (records.size <= MAX_EVENTS && bytes <= MAX_BYTES) return;
      forget(id, record);
    }
  }

  function forget(id: string, record: EventRecord): void {
    records.delete(id);
    bytes -= record.body.length;
    const { messageId } = record.fields;
    if (idsByMessageId.get(messageId) === id) idsByMessageId.delete(messageId);
    for (const [alias, target] of aliases) if (target === id) aliases.delete(alias);
  }

  return {
    get,
    /** The latest event with this `messageId`. */
    findByMessageId: (messageId: string): EventRecord | undefined => get(idsByMessageId.get(messageId) ?? ''),

    add({ id, cameAt, body, source }: NewEvent, change: EventChange = {}): void {
      if (get(id) !== undefined) return;
      if (source) source.events += 1;
      const record: EventRecord = {
        id,
        cameAt,
        source,
        body: body.slice(0, MAX_BODY_LENGTH),
        isCut: body.length > MAX_BODY_LENGTH,
        fields: summarize(body),
        state: 'queued',
        detail: '',
        lane: undefined,
        request: undefined,
        latencyMs: undefined,
        steps: [],
        version: 0,
      };
      records.set(id, record);
      bytes += record.body.length;
      if (record.fields.messageId !== '') idsByMessageId.set(record.fields.messageId, id);
      applyChange(record, change);
      evictOldest();
    },

    /** Does nothing if the event is no longer kept. */
    change(id: string, change: EventChange): void {
      const record = get(id);
      if (record) applyChange(record, change);
    },

    /** From now on, this message carries the event, too. */
    addAlias(record: EventRecord, id: string): void {
      aliases.set(id, record.id);
    },

    oldestCameAt: (): number => records.values().next().value?.cameAt ?? 0,
    find: (test: (record: EventRecord) => boolean) => records.values().find(test),
    changedSince: (since: number): EventRecord[] =>
      [...records.values()].filter((record) => record.version > since),
    version: () => version,
  };

  function applyChange(record: EventRecord, { step, ...change }: EventChange): void {
    Object.assign(record, change);
    if (step && record.steps.length < MAX_STEPS) record.steps.push(step);
    version += 1;
    record.version = version;
  }
}

export type EventRing = ReturnType<typeof createEventRing>;

/** What the list shows of an event. */
function summarize(body: string): EventRecord['fields'] {
  const event = parseObjectOrEmpty(body);
  const nested = ['traits', 'properties'].flatMap((key) =>
    isJsonObject(event[key]) ? Object.keys(event[key]) : [],
  );
  const shortNames = nested.slice(0, 3).join(', ') + (nested.length > 3 ? `, +${nested.length - 3}` : '');
  return {
    type: toText(event['type']),
    name:
      toText(event['event']) || toText(event['name']) || toText(event['groupId']) || shortNames.slice(0, 200),
    user: toText(event['userId']) || toText(event['anonymousId']),
    messageId: toText(event['messageId']),
  };
}

const MAX_TEXT_LENGTH = 200;

const toText = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, MAX_TEXT_LENGTH) : '';
