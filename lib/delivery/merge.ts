import type { AccountOperation, ContactOperation, Operation } from '../salesmachine/operation.ts';
import { entityKeys, type PendingOperation, type RequestOperation } from './request-operation.ts';

type Update = AccountOperation | ContactOperation;

/** The order within a request: a contact finds its account, an event its contact. */
const ranks = { account: 0, contact: 1, event: 2, alias: 3 } as const;

const isUpdate = (operation: Operation): operation is Update =>
  operation.method === 'account' || operation.method === 'contact';

/**
 * The operations of one request, fewest and in order: accounts, contacts, events. The updates of one contact or
 * account become one, which leaves the state that they would leave one by one in the order of their events'
 * timestamps (of equal ones: of arrival). Events are never merged.
 */
export function merge(eventOperations: readonly PendingOperation[]): RequestOperation[] {
  const groups = new Map<unknown, PendingOperation[]>();
  for (const eventOperation of eventOperations) {
    const key = isUpdate(eventOperation.operation) ? entityKeys(eventOperation.operation)[0] : eventOperation;
    const group = groups.get(key);
    if (group) group.push(eventOperation);
    else groups.set(key, [eventOperation]);
  }
  return [...groups.values()]
    .map(mergeGroup)
    .sort((a, b) => ranks[a.operation.method] - ranks[b.operation.method]);
}

function mergeGroup(eventOperations: readonly PendingOperation[]): RequestOperation {
  const [first] = eventOperations;
  if (first === undefined) throw new Error('a place of a request has no part');
  if (eventOperations.length === 1) return { operation: first.operation, json: first.json, eventOperations };
  const inOrder = eventOperations.toSorted((a, b) =>
    a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0,
  );
  const operation = inOrder.map((eventOperation) => eventOperation.operation).reduce(update);
  return { operation, json: JSON.stringify(operation), eventOperations: inOrder };
}

/** `later` on top of `earlier`: each attribute as it was last set. */
function update(earlier: Operation, later: Operation): Operation {
  if (!isUpdate(earlier) || !isUpdate(later)) return later;
  return { ...later, params: { ...earlier.params, ...later.params } };
}
