import type { SalesmachinePath } from '../salesmachine/client.ts';
import type { Lot, QueuedEvent } from './queued-event.ts';
import { entityKeys, type RequestOperation } from './request-operation.ts';

/** All public clients of Salesmachine send at most 100 operations a request. */
export const MAX_OPERATIONS = 100;

/** No limit is public; Segment's own for a batch is 500 KB. */
export const MAX_REQUEST_BYTES = 500_000;

/** Of the events that came back, one is probably bad: few of them share a request. */
const MAX_RETURNED = 6;

/** One call of Salesmachine's API. */
export type SalesmachineRequest = { path: SalesmachinePath; operations: RequestOperation[] };

/** The body that is posted: a bare array; or the one object of an alias call, whose shape is a guess. */
export function requestBody({ path, operations }: SalesmachineRequest): string {
  const json = operations.map((operation) => operation.json).join();
  return path === '/v1/alias' ? json : `[${json}]`;
}

/** What an event shares with no other request in flight: its group, and every contact and account that it touches. */
export const orderingKeys = (queuedEvent: QueuedEvent): string[] => [
  `group ${queuedEvent.message.groupId}`,
  ...queuedEvent.operations.flatMap(({ operation }) => entityKeys(operation)),
];

export type Selection = {
  /** Keys that requests in flight touch. */
  locked: ReadonlySet<string>;
  aliasAlone: boolean;
  /** Only of this lot; without it, of the lot of the first event that can go. */
  lot?: Lot;
  /** Only messages that were received so often at most. */
  maxReceiveCount?: number;
  /** So many events at most. */
  maxEvents?: number;
};

/**
 * The events that go into the next request, in order and all of one lot. One that is locked out by a request in flight,
 * or that does not fit, waits, and whatever shares a key with it waits behind it: nothing overtakes. An alias goes
 * alone.
 */
export function selectNextEvents(
  pending: readonly QueuedEvent[],
  {
    locked,
    aliasAlone,
    lot,
    maxReceiveCount = Number.POSITIVE_INFINITY,
    maxEvents = MAX_OPERATIONS,
  }: Selection,
): QueuedEvent[] {
  const blockedKeys = new Set(locked);
  const selected: QueuedEvent[] = [];
  const capacity = createCapacity(aliasAlone);
  for (const queuedEvent of pending) {
    const keys = orderingKeys(queuedEvent);
    const isWanted =
      queuedEvent.lot === (selected[0]?.lot ?? lot ?? queuedEvent.lot) &&
      queuedEvent.message.receiveCount <= maxReceiveCount;
    if (!isWanted || keys.some((key) => blockedKeys.has(key)) || !capacity.take(queuedEvent)) {
      for (const key of keys) blockedKeys.add(key);
      continue;
    }
    selected.push(queuedEvent);
    const most = queuedEvent.lot === 'returned' ? Math.min(MAX_RETURNED, maxEvents) : maxEvents;
    if (capacity.isFull() || selected.length >= most) break;
  }
  return selected;
}

/** Those of the events that may leave the others: none shares a key with one that stays, before or behind it. */
export function selectSeparable(
  queuedEvents: readonly QueuedEvent[],
  mayLeave: (queuedEvent: QueuedEvent) => boolean,
): QueuedEvent[] {
  let leaving = queuedEvents.filter(mayLeave);
  for (;;) {
    const isLeaving = new Set(leaving);
    const stayingKeys = new Set(queuedEvents.filter((each) => !isLeaving.has(each)).flatMap(orderingKeys));
    const separable = leaving.filter((each) => orderingKeys(each).every((key) => !stayingKeys.has(key)));
    if (separable.length === leaving.length) return leaving;
    leaving = separable;
  }
}

/**
 * What still fits into one request. The first event always does: only Salesmachine can tell whether it is too large.
 */
function createCapacity(aliasAlone: boolean) {
  let operationCount = 0;
  // Commas and brackets: a byte for each operation, and one more.
  let bytes = 1;
  let isExclusive = false;

  return {
    /** Takes an event in; false if it does not fit. */
    take(queuedEvent: QueuedEvent): boolean {
      const mustGoAlone = queuedEvent.lot === 'alone' || (aliasAlone && isAlias(queuedEvent));
      const size = requestBytes(queuedEvent);
      const fits =
        operationCount === 0 ||
        (!mustGoAlone &&
          operationCount + queuedEvent.operations.length <= MAX_OPERATIONS &&
          bytes + size <= MAX_REQUEST_BYTES);
      if (!fits) return false;
      isExclusive = mustGoAlone;
      operationCount += queuedEvent.operations.length;
      bytes += size;
      return true;
    },
    isFull: () => isExclusive || operationCount >= MAX_OPERATIONS,
  };
}

const requestBytes = ({ operations }: QueuedEvent) =>
  operations.reduce((sum, operation) => sum + Buffer.byteLength(operation.json) + 1, 0);

const isAlias = (queuedEvent: QueuedEvent) =>
  queuedEvent.operations.some(({ operation }) => operation.method === 'alias');

/** The call that carries the events: an alias that goes alone has one of its own. */
export const requestPath = (queuedEvents: readonly QueuedEvent[], aliasAlone: boolean): SalesmachinePath =>
  aliasAlone && queuedEvents.some(isAlias) ? '/v1/alias' : '/v1/batch';
