import type { ReceivedMessage } from '../sqs/received-message.ts';
import type { Lot, QueuedEvent } from './queued-event.ts';
import { MAX_OPERATIONS, type Selection, selectNextEvents } from './request.ts';
import type { Settlement } from './settlement.ts';

/** A message that was received before may be what ended a worker then. */
const isSuspect = ({ receiveCount }: ReceivedMessage) => receiveCount > 1;

type Unread = { message: ReceivedMessage; lot: Lot };

type Parts = {
  settlement: Settlement;
  /** Parses and maps a message; undefined if there is nothing to deliver. */
  readMessage(message: ReceivedMessage): QueuedEvent | undefined;
  /** Which others a message may share a request with; or for how many milliseconds it is kept away. */
  chooseLot(message: ReceivedMessage): Lot | number;
};

/** What an open breaker is probed with, the likeliest to pass first. */
const PROBES: readonly Partial<Selection>[] = [
  { lot: 'fresh', maxReceiveCount: 1 },
  { lot: 'fresh' },
  { lot: 'returned' },
  { lot: 'alone' },
];

/** A message that stands behind another one of its group came back with it, and says nothing by that. */
const lotOfFollower = (message: ReceivedMessage): Lot => (isSuspect(message) ? 'returned' : 'fresh');

/** The messages of an invocation that are not on their way yet, in the order in which they came. */
export type Backlog = {
  add(messages: readonly ReceivedMessage[]): void;
  /** What goes into the next request. Messages are read only now, and no more of them than fit. */
  select(selection: Selection): QueuedEvent[];
  /** The same, while the breaker is open: events that have not failed before those that have. */
  selectProbe(selection: Selection): QueuedEvent[];
  remove(queuedEvents: readonly QueuedEvent[]): void;
  /** They go with the next request: they came before all that is left. */
  putBack(queuedEvents: readonly QueuedEvent[]): void;
  /** How many more operations a request would take. */
  room(): number;
  isEmpty(): boolean;
  /** Whether there are messages that are read only when no other one depends on this worker. */
  hasSuspects(): boolean;
  /** Puts these in line, and returns them: the next `select` reads them. */
  admitSuspects(): ReceivedMessage[];
};

export function createBacklog({ settlement, readMessage, chooseLot }: Parts): Backlog {
  let unread: Unread[] = [];
  let suspects: Unread[] = [];
  let pending: QueuedEvent[] = [];

  const countOperations = () => pending.reduce((sum, queuedEvent) => sum + queuedEvent.operations.length, 0);

  function addMessage(message: ReceivedMessage): void {
    if (!settlement.add(message)) return;
    if (settlement.isGroupFailed(message)) return;
    const isBehind = (other: { message: ReceivedMessage }) => other.message.groupId === message.groupId;
    const followsSuspect = suspects.some(isBehind);
    const isFollower = followsSuspect || unread.some(isBehind) || pending.some(isBehind);
    const lot = isFollower ? lotOfFollower(message) : chooseLot(message);
    if (typeof lot === 'number') settlement.keepGroup(message, lot);
    else if (followsSuspect || isSuspect(message)) suspects.push({ message, lot });
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
      return PROBES.map((probe) => select({ ...selection, ...probe })).find(({ length }) => length > 0) ?? [];
    },
    remove(queuedEvents) {
      const removed = new Set(queuedEvents);
      pending = pending.filter((queuedEvent) => !removed.has(queuedEvent));
    },
    putBack(queuedEvents) {
      pending = [...queuedEvents, ...pending];
    },
    room: () => MAX_OPERATIONS - countOperations() - unread.length - suspects.length,
    isEmpty: () => pending.length + unread.length + suspects.length === 0,
    hasSuspects: () => suspects.length > 0,
    admitSuspects() {
      const admitted = suspects;
      suspects = [];
      unread.push(...admitted);
      return admitted.map(({ message }) => message);
    },
  };
}
