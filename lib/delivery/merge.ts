import type { AccountOperation, ContactOperation, Operation, Params } from '../salesmachine/operation.ts';
import type { PendingOperation } from './queued-event.ts';
import { entityKeys, type RequestOperation } from './request-operation.ts';

type Update = AccountOperation | ContactOperation;

/** The order within a request: a contact finds its account, an event its contact. */
const ranks = { account: 0, contact: 1, event: 2, alias: 3 } as const;

const isUpdate = (operation: Operation): operation is Update =>
  operation.method === 'account' || operation.method === 'contact';

/**
 * The operations of one request, fewest and in order: accounts, contacts, events. The updates of one contact or
 * account become one, which leaves the state that they would leave one by one in the order of their events'
 * timestamps (of equal ones: of arrival). Contacts and accounts are many-to-many, so every account that a contact is
 * linked to keeps an operation of its own. Events are never merged.
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
    .flatMap(mergeGroup)
    .sort((a, b) => ranks[a.operation.method] - ranks[b.operation.method]);
}

/** The updates of one contact or account as one operation; as one for each account that a contact is linked to. */
function mergeGroup(eventOperations: readonly PendingOperation[]): RequestOperation[] {
  const [first] = eventOperations;
  if (first === undefined) return [];
  if (eventOperations.length === 1)
    return [{ operation: first.operation, json: first.json, eventOperations }];
  const inOrder = eventOperations.toSorted((a, b) =>
    a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0,
  );
  const merged = toRequestOperation(inOrder);
  const lastAccount = linkedAccount(merged.operation);
  const byAccount = Map.groupBy(inOrder, ({ operation }) => linkedAccount(operation) ?? lastAccount);
  const otherLinks = [...byAccount].flatMap(([account, updates]) =>
    account === undefined || account === lastAccount
      ? []
      : toRequestOperation(updates, { account_uid: account }),
  );
  return [...otherLinks, { ...merged, eventOperations: byAccount.get(lastAccount) ?? [] }];
}

/** One operation for updates in the order of time: each attribute as it was last set, unless other `params` are given. */
function toRequestOperation(updates: readonly PendingOperation[], params?: Params): RequestOperation {
  const last = updates.map(({ operation }) => operation).reduce(update);
  const operation = params === undefined ? last : { ...last, params };
  return { operation, json: JSON.stringify(operation), eventOperations: updates };
}

/** The account that a contact's update links it to. */
function linkedAccount(operation: Operation): string | undefined {
  const uid = operation.method === 'contact' ? operation.params['account_uid'] : undefined;
  return typeof uid === 'string' ? uid : undefined;
}

/** `later` on top of `earlier`: each attribute as it was last set. */
function update(earlier: Operation, later: Operation): Operation {
  if (!isUpdate(earlier) || !isUpdate(later)) return later;
  return { ...later, params: { ...earlier.params, ...later.params } };
}
