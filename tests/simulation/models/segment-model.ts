import type { Random } from '../../../lib/runtime/random.ts';
import { exponential } from '../../support/seeded-random.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import { type EventTracker, KINDS, type Kind } from '../checks/event-tracker.ts';
import type { FatalKind } from './fatal-messages.ts';
import { eventJson } from './segment-event.ts';

export type SegmentSettings = {
  events: number;
  perSecond: number;
  arrival?: 'even' | 'poisson';
  /** After these events so many more, at another rate, with nothing wrong with them. */
  afterwards?: { events: number; perSecond: number };
  users?: number;
  /** 0: one after the other; 1: all alike; 2: the first hundredth of them sends a tenth of the events. */
  skew?: number;
  /** So many events in a row are of the same user. */
  burst?: number;
  /** Events in a webhook; more than one makes an array. */
  perWebhook?: number;
  /** Shares of the kinds; all track unless said. */
  mix?: Partial<Record<Kind, number>>;
  /** One event in so many is refused by Salesmachine, with this status, whenever it comes. */
  rejectedEvents?: readonly { oneIn: number; status: number }[];
  /** The first so many events are. */
  rejectedFirst?: { count: number; status: number };
  /** One event in so many strikes the worker that reads it. */
  fatalEvents?: { oneIn: number; kind: FatalKind };
  /** One event in so many meets a conflict at Salesmachine, once. */
  conflicts?: { oneIn: number; status: number };
  /** Bytes that each track and identify event holds beside what it needs. */
  bulk?: number;
  /** One event in so many makes Salesmachine fail, for so long after it was made. */
  flakyEvents?: { oneIn: number; ms: number };
  /** The part of the webhooks that is sent once more, within the hour, though it was accepted. */
  duplicates?: number;
  /** How far an event's own time may lie before its sending. */
  disorderMs?: number;
};

/** An HTTP status, or undefined where there was no answer in time. */
export type Post = (body: string) => Promise<number | undefined>;

export type Segment = {
  start(): void;
  /** Everything has been sent, and answered for good. */
  isDone(): boolean;
  counts(): { webhooks: number; retries: number; discarded: number; givenUp: number };
};

const RETRIES_FOR_MS = 4 * 3_600_000;
const LONGEST_RETRY_MS = 600_000;
const HOUR_MS = 3_600_000;

/** Segment: sends each event until it is answered by 2xx, for four hours at most, and a few twice. */
export function createSegment(
  settings: SegmentSettings,
  { time, random, tracker, post }: { time: VirtualTime; random: Random; tracker: EventTracker; post: Post },
): Segment {
  const {
    events,
    perSecond,
    arrival = 'even',
    afterwards,
    users = 20_000,
    skew = 2,
    perWebhook = 1,
    mix = { track: 1 },
  } = settings;
  const { rejectedEvents = [], rejectedFirst, fatalEvents, conflicts, flakyEvents } = settings;
  const { burst = 1, duplicates = 0, disorderMs = 0, bulk = 0 } = settings;
  const { events: columns } = tracker;
  const kindFor = createKindPicker(mix);
  const counts = { webhooks: 0, retries: 0, discarded: 0, givenUp: 0 };
  let inProgress = 0;
  let batches = 0;
  let isStopped = false;
  // What may be wrong with an event is over.
  let isOver = false;

  const nextUser = (): number => {
    const size = tracker.size();
    if (size % burst !== 0) return columns.user[size - 1] ?? 0;
    return skew === 0 ? Math.floor(size / burst) % users : Math.floor(users * random() ** skew);
  };

  const create = (): number => {
    const status =
      rejectedFirst && tracker.size() < rejectedFirst.count
        ? rejectedFirst.status
        : (rejectedEvents.find(({ oneIn }) => !isOver && random() * oneIn < 1)?.status ?? 0);
    const hasConflict = conflicts !== undefined && random() * conflicts.oneIn < 1;
    const isFlaky = flakyEvents !== undefined && random() * flakyEvents.oneIn < 1;
    return tracker.add({
      kind: kindFor(random()),
      user: nextUser(),
      rejectedWith: status,
      conflictsWith: hasConflict ? conflicts.status : 0,
      isFatal: fatalEvents !== undefined && tracker.size() % fatalEvents.oneIn === fatalEvents.oneIn - 1,
      flakyUntil: isFlaky ? time.now() + flakyEvents.ms : 0,
      timestamp: time.now() - Math.floor(random() * disorderMs),
      webhook: batches,
    });
  };

  const toJson = (number: number): string =>
    eventJson({
      number,
      kind: tracker.kindOf(number),
      user: columns.user[number] ?? 0,
      timestamp: columns.timestamp[number] ?? 0,
      sentAt: time.now(),
      bulk,
      fatal: columns.isFatal[number] === 1 ? fatalEvents?.kind : undefined,
    });

  const toBody = (numbers: readonly number[]): string => {
    const [first = 0] = numbers;
    return perWebhook === 1 ? toJson(first) : `[${numbers.map(toJson).join(',')}]`;
  };

  /** Sends these events until they are accepted or given up. */
  const deliver = async (numbers: readonly number[], since: number, attempt: number): Promise<void> => {
    for (const number of numbers) tracker.onSent(number, time.now());
    const status = await post(toBody(numbers));
    if (status !== undefined && status >= 200 && status < 300) {
      for (const number of numbers) tracker.onAccepted(number, time.now());
    } else if (status !== undefined && !isRetryable(status)) {
      counts.discarded += numbers.length;
    } else if (time.now() - since > RETRIES_FOR_MS) {
      counts.givenUp += numbers.length;
    } else {
      counts.retries += 1;
      await time.sleep((0.5 + random() / 2) * Math.min(LONGEST_RETRY_MS, 1_000 * 2 ** attempt));
      await Promise.all(regroup(numbers).map((group) => deliver(group, since, attempt + 1)));
    }
  };

  /** A batch that is retried may hold other events than before; those of two batches have no order. */
  const regroup = (numbers: readonly number[]): (readonly number[])[] => {
    if (numbers.length < 2 || random() < 0.5) return [numbers];
    const cut = 1 + Math.floor(random() * (numbers.length - 1));
    const [first, second] = [numbers.slice(0, cut), numbers.slice(cut)];
    batches += 1;
    for (const number of second) columns.webhook[number] = batches;
    return [first, second];
  };

  const webhook = async (numbers: readonly number[]): Promise<void> => {
    inProgress += 1;
    await deliver(numbers, time.now(), 0);
    if (random() < duplicates) {
      await time.sleep(random() ** 3 * HOUR_MS);
      await deliver(numbers, time.now(), 0);
    }
    inProgress -= 1;
  };

  const send = async (events: number, perSecond: number): Promise<void> => {
    const gapMs = (1_000 * perWebhook) / perSecond;
    let next = time.now();
    const end = tracker.size() + events;
    while (tracker.size() < end) {
      next += arrival === 'even' ? gapMs : exponential(random, gapMs);
      if (next - time.now() >= 1) await time.sleep(next - time.now());
      counts.webhooks += 1;
      const size = Math.min(perWebhook, end - tracker.size());
      batches += 1;
      void webhook(Array.from({ length: size }, create));
    }
  };

  const sendAll = async (): Promise<void> => {
    await send(events, perSecond);
    isOver = true;
    if (afterwards) await send(afterwards.events, afterwards.perSecond);
    isStopped = true;
  };

  return { start: () => void sendAll(), isDone: () => isStopped && inProgress === 0, counts: () => counts };
}

/** Which failures Segment tries again. Source: Segment's documentation of webhooks. */
const isRetryable = (status: number) => [408, 423, 429].includes(status) || (status >= 500 && status !== 501);

/** Draws a kind by its share. */
function createKindPicker(mix: Partial<Record<Kind, number>>): (draw: number) => Kind {
  const shares = KINDS.map((kind) => mix[kind] ?? 0);
  const sum = shares.reduce((total, share) => total + share, 0);
  const steps = shares.map(
    (_, index) => shares.slice(0, index + 1).reduce((total, share) => total + share, 0) / sum,
  );
  return (draw) => KINDS[steps.findIndex((step) => draw < step)] ?? 'track';
}
