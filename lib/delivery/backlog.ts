import type { ReceivedMessage } from '../sqs/received-message.ts';
import type { Lot, QueuedEvent } from './queued-event.ts';
import { MAX_OPERATIONS, type Selection, selectNextEvents } from './request.ts';
import type { Settlement } from './settlement.ts';

/** Received so often, a message may be what kills the worker: it goes last and alone, and is not even parsed before. */
const SUSPECT_RECEIVE_COUNT = 20;

type Parts = {
  settlement: Settlement;
  /** Parses and maps a message; undefined if there is nothing to deliver. */
  readMessage(message: ReceivedMessage): QueuedEvent | undefined;
  /** With whom a message shares a request; or for how long it is kept, in milliseconds. */
  chooseLot(message: ReceivedMessage): Lot | number;
};

/** The messages of an invocation that are not on their way yet, in the order in which they came. */
export type Backlog = {
  add(messages: readonly ReceivedMessage[]): void;
  /** What goes into the next request. Messages are read only now, and no more of them than fit. */
  select(selection: Selection): QueuedEvent[];
  /** The same, while the breaker is open: events that have not failed before those that have. */
  selectProbe(selection: Selection): QueuedEvent[];
  remove(queuedEvents: readonly QueuedEvent[]): void;
  /** How many more operations a request would take. */
  room(): number;
  isEmpty(): boolean;
  /** Puts the next of the messages that may kill the worker in line; false if there is none. */
  takeSuspect(): boolean;
};

export function createBacklog({ settlement, readMessage, chooseLot }: Parts): Backlog {
  let unread: { message: ReceivedMessage; lot: Lot }[] = [];
  let pending: QueuedEvent[] = [];
  let suspects: ReceivedMessage[] = [];

  const countOperations = () => pending.reduce((sum, queuedEvent) => sum + queuedEvent.operations.length, 0);

  function addMessage(message: ReceivedMessage): void {
    if (!settlement.add(message)) return;
    const followsSuspect = suspects.some(({ groupId }) => groupId === message.groupId);
    if (followsSuspect || message.receiveCount > SUSPECT_RECEIVE_COUNT) {
      suspects.push(message);
      return;
    }
    const lot = chooseLot(message);
    if (typeof lot === 'number') settlement.keepGroup(message, lot);
    else unread.push({ message, lot });
  }

  function readNext(): void {
    let operations = countOperations();
    while (operations < MAX_OPERATIONS) {
      const [next, ...others] = unread;
      if (next === undefined) return;
      unread = others;
      if (settlement.isGroupFailed(next.message)) continue;
      const queuedEvent = readMessage(next.message);
      if (queuedEvent === undefined) continue;
      queuedEvent.lot = next.lot;
      pending.push(queuedEvent);
      operations += queuedEvent.operations.length;
    }
  }

  function dropFailed(): void {
    pending = pending.filter(({ message }) => !settlement.isGroupFailed(message));
  }

  function select(selection: Selection): QueuedEvent[] {
    dropFailed();
    readNext();
    return selectNextEvents(pending, selection);
  }

  return {
    add: (messages) => messages.forEach(addMessage),
    select,
    selectProbe(selection) {
      const lots: readonly Lot[] = ['fresh', 'returned', 'alone'];
      return lots.map((lot) => select({ ...selection, lot })).find(({ length }) => length > 0) ?? [];
    },
    remove(queuedEvents) {
      const removed = new Set(queuedEvents);
      pending = pending.filter((queuedEvent) => !removed.has(queuedEvent));
    },
    room: () => MAX_OPERATIONS - countOperations() - unread.length,
    isEmpty: () => pending.length + unread.length === 0,
    takeSuspect() {
      const [suspect, ...others] = suspects;
      if (suspect === undefined) return false;
      suspects = others;
      unread.push({ message: suspect, lot: 'alone' });
      return true;
    },
  };
}
