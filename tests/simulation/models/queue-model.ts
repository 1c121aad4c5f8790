import { createDeduplicationWindow } from './deduplication-window.ts';
import { valuesOf } from './list.ts';
import { createMessageStore, type MessageGroup, type StoredMessage } from './message-store.ts';
import type { QueuedMessage, QueueEntry } from './queued-message.ts';
import { createReceiveAttempts } from './receive-attempts.ts';

/** How a queue is set up; AWS's names, in milliseconds where it is a time. */
export type QueueSettings = {
  visibilityMs: number;
  retentionMs: number;
  maxReceiveCount?: number;
};

/** What becomes of messages that leave the queue without having been deleted. */
export type RemovalCallbacks = {
  redriven(message: QueuedMessage): void;
  expired(message: QueuedMessage): void;
};

type Receive = { count: number; visibilityMs?: number | undefined; attempt?: string | undefined };

export type FifoQueue = ReturnType<typeof createFifoQueue>;

const MAX_VISIBILITY_MS = 43_200_000;
/** SQS looks through this many messages for groups to hand out, and lets as many be in flight. */
const LOOK_AHEAD = 120_000;

/**
 * An SQS FIFO queue in high-throughput mode (deduplication per group), after AWS's documentation. Every operation takes
 * the time at which it happens, and costs O(log n) however many messages wait.
 *
 * Known differences from SQS, beside what its contract's tests show:
 * - the group that has waited longest is always next, where SQS, which is spread over partitions, promises no order;
 * - a receive misses nothing, unless the model of SQS has the fault `short`;
 * - neither the counts nor a deletion lag behind;
 * - there are no quotas of calls, delays, tags or move tasks.
 */
export function createFifoQueue(
  settings: QueueSettings,
  onRemoved: RemovalCallbacks,
  lookAhead = LOOK_AHEAD,
) {
  const { maxReceiveCount = Number.POSITIVE_INFINITY } = settings;
  const store = createMessageStore(lookAhead);
  const deduplication = createDeduplicationWindow();
  const attempts = createReceiveAttempts(store.makeInvisible);

  /** Lets happen what was due by `now`: messages that come back, are too old, or are forgotten as duplicates. */
  const advance = (now: number) => {
    store.returnDue(now);
    for (let first = store.oldest(); first && first.sentAt + settings.retentionMs <= now; ) {
      store.remove(first);
      onRemoved.expired(first);
      first = store.oldest();
    }
    deduplication.forgetOld(now);
  };

  /** Takes a message in; one whose id was used in its group within five minutes is confirmed and dropped. */
  const send = (entry: QueueEntry, now: number): { id: string; sequence: number; isDuplicate: boolean } => {
    advance(now);
    const earlier = deduplication.find(entry);
    if (earlier) return { ...earlier, isDuplicate: true };
    const { id, sequence } = store.add(entry, store.nextId(), now);
    deduplication.add(entry, { id, sequence }, now);
    return { id, sequence, isDuplicate: false };
  };

  const receiveFrom = (
    group: MessageGroup,
    count: number,
    visibilityMs: number,
    now: number,
  ): StoredMessage[] => {
    const received: StoredMessage[] = [];
    for (const message of valuesOf(group.messages)) {
      if (received.length >= count || store.isBeyondHorizon(message)) break;
      if (message.receiveCount >= maxReceiveCount) {
        store.remove(message);
        onRemoved.redriven(message);
      } else {
        store.markReceived(message, visibilityMs, now);
        received.push(message);
      }
    }
    return received;
  };

  /** As many as possible of the group that waits longest, then of the next one. */
  const receiveNew = (count: number, visibilityMs: number, now: number): StoredMessage[] => {
    const received: StoredMessage[] = [];
    const visited: MessageGroup[] = [];
    while (received.length < count && store.inFlight() < lookAhead) {
      const group = store.takeReadyGroup();
      if (group === undefined) break;
      visited.push(group);
      received.push(...receiveFrom(group, count - received.length, visibilityMs, now));
    }
    // Only now: what is received with a visibility of zero must not come twice in one answer.
    for (const group of visited) store.markReady(group);
    return received;
  };

  const receive = (
    { count, visibilityMs = settings.visibilityMs, attempt }: Receive,
    now: number,
  ): QueuedMessage[] => {
    advance(now);
    const repeated = attempt === undefined ? undefined : attempts.repeat(attempt, now);
    if (repeated) return repeated;
    const messages = receiveNew(count, visibilityMs, now);
    if (attempt !== undefined && messages.length > 0)
      attempts.add(attempt, { at: now, visibilityMs, messages });
    return messages;
  };

  /** The message that a receipt handle stands for, or why it stands for none. */
  const find = (receipt: string): StoredMessage | 'gone' | 'stale' | 'nonsense' => {
    const [id, count] = receipt.split('/');
    if (!id || !count) return 'nonsense';
    const message = store.get(id);
    if (!message) return 'gone';
    return message.receipt === receipt && message.invisibleUntil > 0 ? message : 'stale';
  };

  const deleteMessage = (receipt: string, now: number): 'done' | 'stale' | 'nonsense' => {
    advance(now);
    const message = find(receipt);
    if (message === 'gone') return 'done';
    if (typeof message === 'string') return message;
    store.remove(message);
    return 'done';
  };

  const changeVisibility = (
    receipt: string,
    visibilityMs: number,
    now: number,
  ): 'done' | 'gone' | 'stale' | 'nonsense' | 'too_long' => {
    advance(now);
    const message = find(receipt);
    if (typeof message === 'string') return message;
    if (now + visibilityMs > message.receivedAt + MAX_VISIBILITY_MS) return 'too_long';
    if (visibilityMs > 0) store.makeInvisible(message, now + visibilityMs);
    else store.makeVisible(message);
    return 'done';
  };

  return {
    send,
    receive,
    deleteMessage,
    changeVisibility,
    /** Takes over what another queue gave up. A FIFO queue counts its retention from this moment on. */
    adopt: (message: QueuedMessage, now: number) => {
      const { receiveCount, firstReceivedAt } = message;
      Object.assign(store.add(message, message.id, now), { receiveCount, firstReceivedAt });
    },
    /** The body of the message that a receipt handle, old or new, belongs to, while it is in the queue. */
    bodyOf: (receipt: string): string | undefined => store.get(receipt.split('/')[0] ?? '')?.body,
    nextReturn: store.nextReturn,
    counts: (now: number) => {
      advance(now);
      return { visible: store.size() - store.inFlight(), inFlight: store.inFlight() };
    },
    /** All messages, oldest first. */
    contents: (): Generator<QueuedMessage> => store.values(),
  };
}
