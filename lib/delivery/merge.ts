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
 * linked to keeps an operation of its own. Events are never merged. Nothing of a contact crosses its alias.
 */
export function merge(eventOperations: readonly PendingOperation[]): RequestOperation[] {
  const aliasCounts = new Map<string, number>();
  const groups = new Map<unknown, { step: number; members: PendingOperation[] }>();
  for (const eventOperation of eventOperations) {
    const { operation } = eventOperation;
    const step = takeStep(operation, aliasCounts);
    const key = isUpdate(operation) ? `${step} ${entityKeys(operation)[0]}` : eventOperation;
    const group = groups.get(key);
    if (group) group.members.push(eventOperation);
    else groups.set(key, { step, members: [eventOperation] });
  }
  return [...groups.values()]
    .flatMap(({ step, members }) => mergeGroup(members).map((merged) => ({ step, merged })))
    .sort((a, b) => a.step - b.step || rank(a.merged) - rank(b.merged))
    .map(({ merged }) => merged);
}

const rank = ({ operation }: RequestOperation): number => ranks[operation.method];

/** How many aliases of its contacts come before an operation: each ends a step, and begins the next. */
function takeStep(operation: Operation, aliasCounts: Map<string, number>): number {
  const keys = entityKeys(operation);
  const step = Math.max(...keys.map((key) => aliasCounts.get(key) ?? 0));
  if (operation.method === 'alias') for (const key of keys) aliasCounts.set(key, step + 1);
  return step;
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

/**
 * One operation for updates in the order of time: each attribute as it was last set, unless other `params` are given.
 */
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
