import { AsyncLocalStorage } from 'node:async_hooks';
import { deadLetterId } from '../../dead-letters/dead-letter.ts';
import { getAcceptedAt, type ReceivedMessage } from '../../sqs/received-message.ts';
import type { QueueListener, SentMessage } from '../aws/queue-observer.ts';
import type { EventRecord, EventRing, Source } from './event-ring.ts';
import type { createLanes } from './lanes.ts';
import type { JourneyStep } from './protocol.ts';

/** A message that is in the queue or in a lane. */
type LiveMessage = { acceptedAt: number; sentAt: number; deadLetterId?: string };

const MAX_FINISHED = 20_000;

type Dependencies = {
  events: EventRing;
  lanes: ReturnType<typeof createLanes>;
  now(): number;
  /** The request that is being served where the code runs. */
  currentSource(): Source | undefined;
  onAccepted(): void;
  onDelivered(latencyMs: number): void;
};

/** Follows each message through the queues, and notes what happens to its event. */
export function createEventJourneys({ events, lanes, now, ...dependencies }: Dependencies) {
  /** The lane whose invocation the code runs in. */
  const currentLane = new AsyncLocalStorage<number>();
  /** In the order in which they were sent. */
  const live = new Map<string, LiveMessage>();
  /** The latest that left the queue: SQS recognises their duplicates for five minutes. */
  const finished = new Set<string>();
  /** Messages in lanes by the id that their dead letter would have. */
  const idsByDeadLetterId = new Map<string, string>();

  const toStep = (
    kind: JourneyStep['kind'],
    title: string,
    rest: Partial<JourneyStep> = {},
  ): JourneyStep => ({
    at: now(),
    kind,
    title,
    note: '',
    tone: 'neutral',
    ...rest,
  });

  function onQueued(message: SentMessage): void {
    const { sqsMessageId: id, body, attributes } = message;
    // SQS has recognised a duplicate.
    if (live.has(id) || finished.has(id)) {
      events.change(id, { step: toStep('came', 'came again: SQS dropped the duplicate') });
      return;
    }
    live.set(id, { acceptedAt: Date.parse(attributes['acceptedAt'] ?? '') || now(), sentAt: now() });
    const replayed = attributes['replays'] === undefined ? undefined : findDeadLetter(body);
    if (replayed) {
      continueJourney(replayed, id);
      return;
    }
    dependencies.onAccepted();
    const event = { id, cameAt: now(), body, source: dependencies.currentSource() };
    events.add(event, { state: 'queued', step: toStep('queued', 'stored in the queue') });
  }

  const findDeadLetter = (body: string) =>
    events.find((record) => record.state === 'deadLetter' && record.body === body);

  function continueJourney(record: EventRecord, id: string): void {
    events.addAlias(record, id);
    events.change(id, {
      state: 'queued',
      detail: 'replayed',
      step: toStep('replayed', 'replayed: stored in the queue again'),
    });
  }

  function onReceived(message: ReceivedMessage): void {
    const { sqsMessageId: id, attributes, sentAt, receiveCount } = message;
    const known = live.get(id) ?? { acceptedAt: Date.parse(getAcceptedAt(message)), sentAt };
    if (!live.has(id)) addFromElsewhere(message);
    const ownDeadLetterId = deadLetterId(id, Number(attributes['replays']) || 0);
    live.set(id, { ...known, deadLetterId: ownDeadLetterId });
    idsByDeadLetterId.set(ownDeadLetterId, id);
    const lane = currentLane.getStore();
    if (lane !== undefined) enterLane(lane, id, receiveCount);
  }

  /** What another program has sent to the queue: the `relay` command's replay. */
  function addFromElsewhere({ sqsMessageId: id, body, sentAt }: ReceivedMessage): void {
    const replayed = findDeadLetter(body);
    if (replayed) {
      continueJourney(replayed, id);
      return;
    }
    // One that is older than all that is kept was kept, and has had to go.
    if (sentAt < events.oldestCameAt()) return;
    const step = toStep('queued', 'stored in the queue by another program', { at: sentAt });
    events.add({ id, cameAt: sentAt, body, source: undefined }, { state: 'queued', step });
  }

  function enterLane(lane: number, id: string, receiveCount: number): void {
    lanes.enter(lane, id);
    const note = receiveCount > 1 ? `receive ${receiveCount}` : '';
    const step = toStep('received', `received by lane ${lane + 1}`, { note });
    events.change(id, { state: 'inLane', detail: `lane ${lane + 1}`, step });
  }

  function onReleased(id: string, seconds: number): void {
    if (!live.has(id)) return;
    lanes.leave(id);
    const step = toStep('released', `released: visible again in ${seconds} s`, { tone: 'warn' });
    events.change(id, { state: 'waiting', detail: `back in ${seconds} s`, step });
  }

  function onDeleted(id: string): void {
    const message = live.get(id);
    if (message === undefined) return;
    live.delete(id);
    finished.add(id);
    for (const oldest of finished) {
      if (finished.size <= MAX_FINISHED) break;
      finished.delete(oldest);
    }
    lanes.leave(id);
    if (message.deadLetterId !== undefined) idsByDeadLetterId.delete(message.deadLetterId);
    const record = events.get(id);
    if (record?.state === 'deadLetter') return;
    const latencyMs = now() - message.acceptedAt;
    dependencies.onDelivered(latencyMs);
    const step = toStep('delivered', 'delivered', { tone: 'good' });
    events.change(id, { state: 'delivered', detail: '', latencyMs, step });
  }

  function onDeadLetter({ sqsMessageId, groupId, body, attributes }: SentMessage): void {
    const id = idsByDeadLetterId.get(groupId) ?? sqsMessageId;
    // The ingest writes dead letters of what never was in the main queue.
    if (!idsByDeadLetterId.has(groupId))
      events.add({ id, cameAt: now(), body, source: dependencies.currentSource() });
    const { reason = 'receive_limit', detail = '' } = attributes;
    const step = toStep('deadLetter', `became a dead letter: ${reason}`, { note: detail, tone: 'bad' });
    events.change(id, { state: 'deadLetter', detail: reason, step });
  }

  const queueListener: QueueListener = {
    sent: (queue, message) => (queue === 'main' ? onQueued(message) : onDeadLetter(message)),
    received: (queue, message) => (queue === 'main' ? onReceived(message) : undefined),
    deleted: (queue, id) => (queue === 'main' ? onDeleted(id) : undefined),
    released: (queue, id, seconds) => (queue === 'main' ? onReleased(id, seconds) : undefined),
  };

  return {
    queueListener,
    currentLane: () => currentLane.getStore(),
    /** Runs a lane's invocation with these messages: what happens inside is known to be the lane's. */
    runInLane: <T>(
      lane: number,
      messages: readonly { id: string; receiveCount: number }[],
      run: () => Promise<T>,
    ) =>
      currentLane.run(lane, async () => {
        for (const { id, receiveCount } of messages) enterLane(lane, id, receiveCount);
        return run().finally(() => lanes.clear(lane));
      }),
    /** A request has carried these events. */
    noteRequest(messageIds: readonly string[], request: number, step: JourneyStep): void {
      for (const messageId of messageIds) {
        // An event without a `messageId` is named by the SQS message that carries it.
        const record = events.findByMessageId(messageId) ?? events.get(messageId);
        if (record) events.change(record.id, { request, step });
      }
    },
    oldestSentAt: (): number | null => live.values().next().value?.sentAt ?? null,
  };
}
