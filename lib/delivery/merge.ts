import type { AccountOperation, ContactOperation, Operation } from '../salesmachine/operation.ts';
import { type Item, keysOf, type Part } from './request-operation.ts';

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
export function merge(parts: readonly Part[]): Item[] {
  const places = new Map<unknown, Part[]>();
  for (const part of parts) {
    const place = isUpdate(part.operation) ? keysOf(part.operation)[0] : part;
    const together = places.get(place);
    if (together) together.push(part);
    else places.set(place, [part]);
  }
  return [...places.values()]
    .map(mergePlace)
    .sort((a, b) => ranks[a.operation.method] - ranks[b.operation.method]);
}

function mergePlace(parts: readonly Part[]): Item {
  const [first] = parts;
  if (first === undefined) throw new Error('a place of a request has no part');
  if (parts.length === 1) return { operation: first.operation, json: first.json, parts };
  const inOrder = parts.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const operation = inOrder.map((part) => part.operation).reduce(update);
  return { operation, json: JSON.stringify(operation), parts: inOrder };
}

/** `later` on top of `earlier`: each attribute as it was last set. */
function update(earlier: Operation, later: Operation): Operation {
  if (!isUpdate(earlier) || !isUpdate(later)) return later;
  return { ...later, params: { ...earlier.params, ...later.params } };
}
