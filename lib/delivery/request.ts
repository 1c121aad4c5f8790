import type { SalesmachinePath } from '../salesmachine/client.ts';
import type { QueuedEvent } from './queued-event.ts';
import { entityKeys, type RequestOperation } from './request-operation.ts';

/** All public clients of Salesmachine send at most 100 operations a request. */
export const MAX_OPERATIONS = 100;

/** No limit is public; Segment's own for a batch is 500 KB. */
export const MAX_REQUEST_BYTES = 500_000;

/** One call of Salesmachine's API. */
export type SalesmachineRequest = { path: SalesmachinePath; operations: RequestOperation[] };

/** What is posted: a bare array; or the one object of an alias call, whose shape is a guess. */
export function requestBody({ path, operations }: SalesmachineRequest): string {
  const json = operations.map((operation) => operation.json).join();
  return path === '/v1/alias' ? json : `[${json}]`;
}

/** What a work must not share with another request: its group, and every contact and account that it touches. */
export const orderingKeys = (queuedEvent: QueuedEvent): string[] => [
  `group ${queuedEvent.message.groupId}`,
  ...queuedEvent.operations.flatMap(({ operation }) => entityKeys(operation)),
];

/**
 * The works that go into the next request, in order. One that is locked out by a request in flight, or that does not
 * fit, waits, and whatever shares a lock with it waits behind it: nothing overtakes. An alias goes alone.
 */
export function selectNextEvents(
  pending: readonly QueuedEvent[],
  { locked, aliasAlone }: { locked: ReadonlySet<string>; aliasAlone: boolean },
): QueuedEvent[] {
  const blockedKeys = new Set(locked);
  const selected: QueuedEvent[] = [];
  let operationCount = 0;
  // A byte goes with each operation: one more than there are commas, one less than commas and brackets.
  let bytes = 1;
  for (const queuedEvent of pending) {
    const keys = orderingKeys(queuedEvent);
    const mustGoAlone = aliasAlone && isAlias(queuedEvent);
    const size = queuedEvent.operations.reduce(
      (sum, operation) => sum + Buffer.byteLength(operation.json) + 1,
      0,
    );
    const fits =
      selected.length === 0 ||
      (!mustGoAlone &&
        operationCount + queuedEvent.operations.length <= MAX_OPERATIONS &&
        bytes + size <= MAX_REQUEST_BYTES);
    if (!fits || keys.some((key) => blockedKeys.has(key))) {
      for (const key of keys) blockedKeys.add(key);
      continue;
    }
    selected.push(queuedEvent);
    if (mustGoAlone) break;
    operationCount += queuedEvent.operations.length;
    bytes += size;
    if (operationCount >= MAX_OPERATIONS) break;
  }
  return selected;
}

const isAlias = (queuedEvent: QueuedEvent) =>
  queuedEvent.operations.some(({ operation }) => operation.method === 'alias');

/** The call that carries the chosen works: an alias that goes alone has one of its own. */
export const requestPath = (queuedEvents: readonly QueuedEvent[], aliasAlone: boolean): SalesmachinePath =>
  aliasAlone && queuedEvents.some(isAlias) ? '/v1/alias' : '/v1/batch';
