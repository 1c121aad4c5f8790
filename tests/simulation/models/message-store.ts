import { createHeap } from '../../support/heap.ts';
import { append, createList, type Link, type List, remove, valuesOf } from './list.ts';
import type { QueuedMessage, QueueEntry } from './queued-message.ts';

export type StoredMessage = QueuedMessage & {
  group: MessageGroup;
  inQueue: Link<StoredMessage> | undefined;
  inGroup: Link<StoredMessage> | undefined;
};

export type MessageGroup = { id: string; messages: List<StoredMessage>; inFlight: number; isReady: boolean };

/**
 * The messages of a queue, by age and by group: which are in flight, and which group is next. A group with a message in
 * flight is not ready. Of the messages, only the oldest `lookAhead` are within the horizon of a receive.
 */
export function createMessageStore(lookAhead: number) {
  const messages: List<StoredMessage> = createList();
  const byId = new Map<string, StoredMessage>();
  const groups = new Map<string, MessageGroup>();
  const ready = createHeap<{ sequence: number; group: MessageGroup }>((a, b) => a.sequence < b.sequence);
  const invisible = createHeap<{ until: number; message: StoredMessage }>((a, b) => a.until < b.until);
  let sequences = 0;
  let inFlight = 0;
  /** The last of the messages that SQS looks at. */
  let horizon: Link<StoredMessage> | undefined;

  const markReady = (group: MessageGroup): void => {
    const first = group.messages.first?.value;
    if (!first || group.inFlight > 0 || group.isReady) return;
    group.isReady = true;
    ready.push({ sequence: first.sequence, group });
  };

  const endFlight = (message: StoredMessage): void => {
    if (message.invisibleUntil === 0) return;
    message.invisibleUntil = 0;
    message.group.inFlight -= 1;
    inFlight -= 1;
  };

  const makeVisible = (message: StoredMessage): void => {
    endFlight(message);
    markReady(message.group);
  };

  const makeInvisible = (message: StoredMessage, until: number): void => {
    message.invisibleUntil = until;
    invisible.push({ until, message });
  };

  const isBeyondHorizon = ({ sequence }: { sequence: number }): boolean =>
    horizon !== undefined && sequence > horizon.value.sequence;

  return {
    nextId: () => `message-${sequences + 1}`,

    add(entry: QueueEntry, id: string, now: number): StoredMessage {
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
    },

    remove(message: StoredMessage): void {
      const { group, inQueue, inGroup } = message;
      endFlight(message);
      if (horizon && message.sequence <= horizon.value.sequence) {
        horizon = horizon.next ?? (horizon === inQueue ? horizon.previous : horizon);
      }
      if (inQueue) remove(messages, inQueue);
      if (inGroup) remove(group.messages, inGroup);
      byId.delete(message.id);
      if (group.messages.size === 0) groups.delete(group.id);
      else markReady(group);
    },

    markReceived(message: StoredMessage, visibilityMs: number, now: number): void {
      message.receiveCount += 1;
      message.firstReceivedAt ||= now;
      message.receivedAt = now;
      message.receipt = `${message.id}/${message.receiveCount}`;
      if (visibilityMs === 0) return;
      message.group.inFlight += 1;
      inFlight += 1;
      makeInvisible(message, now + visibilityMs);
    },

    makeVisible,
    makeInvisible,

    /** Makes what is due by `now` visible again. */
    returnDue(now: number): void {
      for (let next = invisible.peek(); next && next.until <= now; next = invisible.peek()) {
        invisible.pop();
        if (next.message.invisibleUntil === next.until) makeVisible(next.message);
      }
    },

    /** When the next message comes back, if any is in flight. */
    nextReturn: (): number | undefined => invisible.peek()?.until,

    /** Takes the group that has waited longest; undefined if none is ready within the horizon. */
    takeReadyGroup(): MessageGroup | undefined {
      for (let next = ready.peek(); next && !isBeyondHorizon(next); next = ready.peek()) {
        ready.pop();
        next.group.isReady = false;
        if (next.group.inFlight === 0) return next.group;
      }
      return undefined;
    },

    markReady,
    isBeyondHorizon,
    get: (id: string): StoredMessage | undefined => byId.get(id),
    oldest: (): StoredMessage | undefined => messages.first?.value,
    inFlight: () => inFlight,
    size: () => messages.size,
    /** All messages, oldest first. */
    values: (): Generator<StoredMessage> => valuesOf(messages),
  };
}

const createGroup = (id: string): MessageGroup => ({
  id,
  messages: createList(),
  inFlight: 0,
  isReady: false,
});
