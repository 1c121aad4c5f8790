import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { createHeap } from '../../support/heap.ts';
import { append, createList, type Link, type List, remove, valuesOf } from '../list.ts';

/** How a queue is set up; AWS's names, in milliseconds where it is a time. */
export type QueueSettings = {
  visibilityMs: number;
  retentionMs: number;
  maxReceiveCount?: number;
};

export type QueueEntry = {
  body: string;
  groupId: string;
  deduplicationId: string;
  attributes: Record<string, MessageAttributeValue> | undefined;
  trace: string | undefined;
};

/** A message in the queue. */
export type QueuedMessage = QueueEntry & {
  id: string;
  sequence: number;
  sentAt: number;
  firstReceivedAt: number;
  receivedAt: number;
  receiveCount: number;
  /** The last receipt handle. */
  receipt: string;
  /** When it can be received again; 0 while it is not in flight. */
  invisibleUntil: number;
};

type StoredMessage = QueuedMessage & {
  group: Group;
  inQueue: Link<StoredMessage> | undefined;
  inGroup: Link<StoredMessage> | undefined;
};
type Group = { id: string; messages: List<StoredMessage>; inFlight: number; isReady: boolean };
type ReceiveAttempt = { at: number; visibilityMs: number; messages: StoredMessage[] };

/** What becomes of messages that leave the queue without having been deleted. */
export type RemovalCallbacks = {
  redriven(message: QueuedMessage): void;
  expired(message: QueuedMessage): void;
};

export type FifoQueue = ReturnType<typeof createFifoQueue>;

const DEDUPLICATION_MS = 300_000;
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
  const messages: List<StoredMessage> = createList();
  const byId = new Map<string, StoredMessage>();
  const groups = new Map<string, Group>();
  const ready = createHeap<{ sequence: number; group: Group }>((a, b) => a.sequence < b.sequence);
  const invisible = createHeap<{ until: number; message: StoredMessage }>((a, b) => a.until < b.until);
  const sent = new Map<string, { id: string; sequence: number }>();
  const sentInOrder: List<{ key: string; at: number }> = createList();
  const attempts = new Map<string, ReceiveAttempt>();
  let sequences = 0;
  let inFlight = 0;
  /** The last of the messages that SQS looks at. */
  let horizon: Link<StoredMessage> | undefined;

  const markReady = (group: Group) => {
    const first = group.messages.first?.value;
    if (!first || group.inFlight > 0 || group.isReady) return;
    group.isReady = true;
    ready.push({ sequence: first.sequence, group });
  };

  const release = (message: StoredMessage) => {
    if (message.invisibleUntil === 0) return;
    message.invisibleUntil = 0;
    message.group.inFlight -= 1;
    inFlight -= 1;
  };

  const removeMessage = (message: StoredMessage) => {
    const { group, inQueue, inGroup } = message;
    release(message);
    if (horizon && message.sequence <= horizon.value.sequence) {
      horizon = horizon.next ?? (horizon === inQueue ? horizon.previous : horizon);
    }
    if (inQueue) remove(messages, inQueue);
    if (inGroup) remove(group.messages, inGroup);
    byId.delete(message.id);
    if (group.messages.size === 0) groups.delete(group.id);
    else markReady(group);
  };

  const makeInvisible = (message: StoredMessage, until: number) => {
    message.invisibleUntil = until;
    invisible.push({ until, message });
  };

  /** Lets happen what was due by `now`: messages that come back, are too old, or are forgotten as duplicates. */
  const advance = (now: number) => {
    for (let next = invisible.peek(); next && next.until <= now; next = invisible.peek()) {
      invisible.pop();
      if (next.message.invisibleUntil !== next.until) continue;
      release(next.message);
      markReady(next.message.group);
    }
    for (let first = messages.first?.value; first && first.sentAt + settings.retentionMs <= now; ) {
      removeMessage(first);
      onRemoved.expired(first);
      first = messages.first?.value;
    }
    for (let first = sentInOrder.first; first && first.value.at + DEDUPLICATION_MS <= now; ) {
      sent.delete(first.value.key);
      remove(sentInOrder, first);
      first = sentInOrder.first;
    }
  };

  const store = (entry: QueueEntry, id: string, now: number): StoredMessage => {
    const group = groups.get(entry.groupId) ?? createGroup(entry.groupId);
    groups.set(group.id, group);
    sequences += 1;
    const message: StoredMessage = {
      body: entry.body,
      groupId: entry.groupId,
      deduplicationId: entry.deduplicationId,
      attributes: entry.attributes,
      trace: entry.trace,
      id,
      sequence: sequences,
      sentAt: now,
      firstReceivedAt: 0,
      receivedAt: 0,
      receiveCount: 0,
      receipt: '',
      invisibleUntil: 0,
      group,
      inQueue: undefined,
      inGroup: undefined,
    };
    message.inQueue = append(messages, message);
    message.inGroup = append(group.messages, message);
    byId.set(id, message);
    if (messages.size <= lookAhead) horizon = message.inQueue;
    markReady(group);
    return message;
  };

  /** Takes a message in; one whose id was used in its group within five minutes is confirmed and dropped. */
  const send = (entry: QueueEntry, now: number): { id: string; sequence: number; isDuplicate: boolean } => {
    advance(now);
    const key = `${entry.groupId} ${entry.deduplicationId}`;
    const earlier = sent.get(key);
    if (earlier) return { ...earlier, isDuplicate: true };
    const { id, sequence } = store(entry, `message-${sequences + 1}`, now);
    sent.set(key, { id, sequence });
    append(sentInOrder, { key, at: now });
    return { id, sequence, isDuplicate: false };
  };

  const markReceived = (message: StoredMessage, visibilityMs: number, now: number) => {
    message.receiveCount += 1;
    message.firstReceivedAt ||= now;
    message.receivedAt = now;
    message.receipt = `${message.id}/${message.receiveCount}`;
    if (visibilityMs === 0) return;
    message.group.inFlight += 1;
    inFlight += 1;
    makeInvisible(message, now + visibilityMs);
  };

  const isBeyondHorizon = ({ sequence }: { sequence: number }) =>
    horizon !== undefined && sequence > horizon.value.sequence;

  const receiveFrom = (group: Group, count: number, visibilityMs: number, now: number): StoredMessage[] => {
    const received: StoredMessage[] = [];
    for (const message of valuesOf(group.messages)) {
      if (received.length >= count || isBeyondHorizon(message)) break;
      if (message.receiveCount >= maxReceiveCount) {
        removeMessage(message);
        onRemoved.redriven(message);
      } else {
        markReceived(message, visibilityMs, now);
        received.push(message);
      }
    }
    return received;
  };

  /** As many as possible of the group that waits longest, then of the next one. */
  const receiveNew = (count: number, visibilityMs: number, now: number): StoredMessage[] => {
    const received: StoredMessage[] = [];
    const visited: Group[] = [];
    while (received.length < count && inFlight < lookAhead) {
      const next = ready.peek();
      if (!next || isBeyondHorizon(next)) break;
      ready.pop();
      next.group.isReady = false;
      if (next.group.inFlight > 0) continue;
      visited.push(next.group);
      received.push(...receiveFrom(next.group, count - received.length, visibilityMs, now));
    }
    // Only now: what is received with a visibility of zero must not come twice in one answer.
    for (const group of visited) markReady(group);
    return received;
  };

  /** The same messages again, if this attempt was made before and nothing has happened to them since. */
  const receiveAgain = (attempt: string, now: number): StoredMessage[] | undefined => {
    const earlier = attempts.get(attempt);
    if (!earlier || earlier.at + DEDUPLICATION_MS <= now) return undefined;
    const { visibilityMs, messages: earlierMessages, at } = earlier;
    const untouched = earlierMessages.every((message) => message.invisibleUntil === at + visibilityMs);
    if (!untouched) return undefined;
    for (const message of earlierMessages) makeInvisible(message, now + visibilityMs);
    attempts.set(attempt, { ...earlier, at: now });
    return earlierMessages;
  };

  const receive = (
    {
      count,
      visibilityMs = settings.visibilityMs,
      attempt,
    }: { count: number; visibilityMs?: number | undefined; attempt?: string | undefined },
    now: number,
  ): QueuedMessage[] => {
    advance(now);
    const repeated = attempt === undefined ? undefined : receiveAgain(attempt, now);
    if (repeated) return repeated;
    const received = receiveNew(count, visibilityMs, now);
    if (attempt !== undefined && received.length > 0) {
      attempts.set(attempt, { at: now, visibilityMs, messages: received });
      for (const [name, { at }] of attempts) {
        if (at + DEDUPLICATION_MS > now) break;
        attempts.delete(name);
      }
    }
    return received;
  };

  /** The message that a receipt handle stands for, or why it stands for none. */
  const find = (receipt: string): StoredMessage | 'gone' | 'stale' | 'nonsense' => {
    const [id, count] = receipt.split('/');
    if (!id || !count) return 'nonsense';
    const message = byId.get(id);
    if (!message) return 'gone';
    return message.receipt === receipt && message.invisibleUntil > 0 ? message : 'stale';
  };

  const deleteMessage = (receipt: string, now: number): 'done' | 'stale' | 'nonsense' => {
    advance(now);
    const message = find(receipt);
    if (message === 'gone') return 'done';
    if (typeof message === 'string') return message;
    removeMessage(message);
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
    if (visibilityMs > 0) {
      makeInvisible(message, now + visibilityMs);
    } else {
      release(message);
      markReady(message.group);
    }
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
      Object.assign(store(message, message.id, now), { receiveCount, firstReceivedAt });
    },
    /** The body of the message that a receipt handle, old or new, belongs to, while it is in the queue. */
    bodyOf: (receipt: string): string | undefined => byId.get(receipt.split('/')[0] ?? '')?.body,
    /** When the next message comes back, if any is in flight. */
    nextReturn: (): number | undefined => invisible.peek()?.until,
    counts: (now: number) => {
      advance(now);
      return { visible: messages.size - inFlight, inFlight };
    },
    /** All messages, oldest first. */
    contents: (): Generator<QueuedMessage> => valuesOf(messages),
  };
}

const createGroup = (id: string): Group => ({ id, messages: createList(), inFlight: 0, isReady: false });
