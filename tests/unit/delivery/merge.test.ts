import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { merge } from '../../../lib/delivery/merge.ts';
import type { PendingOperation } from '../../../lib/delivery/queued-event.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import type { Operation, Params } from '../../../lib/salesmachine/operation.ts';
import { createQueuedEvent, identify, START, track } from '../../support/delivery.ts';

/** What Salesmachine holds after operations: an update leaves absent attributes as they were, and links add up. */
function stateAfter(operations: readonly Operation[]) {
  const contacts = new Map<string, Params>();
  const accounts = new Map<string, Params>();
  const links = new Map<string, Set<Params[string]>>();
  for (const operation of operations) {
    if (operation.method === 'account') {
      accounts.set(operation.account_uid, { ...accounts.get(operation.account_uid), ...operation.params });
    } else if (operation.method === 'contact') {
      const { account_uid: account, ...traits } = operation.params;
      const uid = operation.contact_uid;
      contacts.set(uid, { ...contacts.get(uid), ...traits });
      if (account !== undefined) links.set(uid, (links.get(uid) ?? new Set()).add(account));
    }
  }
  return { contacts, accounts, links };
}

const toEventOperations = (events: readonly JsonObject[]): PendingOperation[] =>
  events.flatMap((event) => createQueuedEvent(event).operations);
const operationsOf = (events: readonly JsonObject[]) =>
  merge(toEventOperations(events)).map(({ operation }) => operation);
const at = (seconds: number) => ({ timestamp: new Date(START + seconds * 1_000).toISOString() });

describe('in any request', () => {
  const uid = fc.constantFrom('u1', 'u2', 'u3');
  const traits = fc.dictionary(
    fc.constantFrom('plan', 'city', 'mrr', '__proto__', 'account_uid'),
    fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.boolean(), uid),
  );
  // Few moments, so that many are the same; some events have none.
  const when = fc.oneof(fc.integer({ min: -2, max: 2 }).map(at), fc.constant({}));
  const event: fc.Arbitrary<JsonObject> = fc.oneof(
    fc
      .record({ userId: uid, traits, when })
      .map(({ userId, traits, when }) => identify(userId, traits, when)),
    fc
      .record({ userId: uid, groupId: uid, traits, when })
      .map(({ userId, groupId, traits, when }) => ({ type: 'group', userId, groupId, traits, ...when })),
    fc.record({ userId: uid, when }).map(({ userId, when }) => track(userId, 'Clicked', when)),
    fc
      .record({ userId: uid, when })
      .map(({ userId, when }) => ({ type: 'page', userId, name: 'Home', ...when })),
  );
  const events = fc.array(event, { maxLength: 40 });
  const check = (property: (eventOperations: PendingOperation[], items: ReturnType<typeof merge>) => void) =>
    fc.assert(
      fc.property(events, (given) => {
        const eventOperations = toEventOperations(given);
        property(eventOperations, merge(eventOperations));
      }),
    );

  test('the end state is that of the operations sent one by one, by timestamp, and by arrival where equal', () => {
    check((eventOperations, items) => {
      const oneByOne = eventOperations.toSorted(
        (a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt),
      );
      expect(stateAfter(items.map(({ operation }) => operation))).toEqual(
        stateAfter(oneByOne.map(({ operation }) => operation)),
      );
    });
  });

  test('every event is sent as it is, in the order in which they came', () => {
    check((eventOperations, items) => {
      const eventsOf = (operations: Operation[]) => operations.filter(({ method }) => method === 'event');
      expect(eventsOf(items.map(({ operation }) => operation))).toEqual(
        eventsOf(eventOperations.map(({ operation }) => operation)),
      );
    });
  });

  test('accounts come before contacts, and contacts before events', () => {
    check((_, items) => {
      const ranks = items.map(({ operation }) => ['account', 'contact', 'event'].indexOf(operation.method));
      expect(ranks).toEqual(ranks.toSorted());
    });
  });

  test('each account, and each pair of a contact and its account, is updated once at most', () => {
    check((_, items) => {
      const updates = items.flatMap(({ operation }) => {
        if (operation.method === 'contact')
          return `contact ${operation.contact_uid} of ${operation.params['account_uid']}`;
        return operation.method === 'account' ? `account ${operation.account_uid}` : [];
      });
      expect(updates).toHaveLength(new Set(updates).size);
    });
  });

  test('each operation stands for one item, so that every message learns what became of it', () => {
    check((eventOperations, items) => {
      const carried = items.flatMap((item) => item.eventOperations);
      expect(carried).toHaveLength(eventOperations.length);
      expect(new Set(carried)).toEqual(new Set(eventOperations));
      for (const item of items)
        expect(JSON.parse(item.json)).toEqual(JSON.parse(JSON.stringify(item.operation)));
    });
  });
});

test('per trait, the latest event wins, whenever it came', () => {
  const events = [
    identify('u1', { plan: 'pro', city: 'Rome' }, at(3)),
    identify('u1', { plan: 'free', seats: 5 }, at(1)),
    identify('u2', { plan: 'free' }, at(2)),
    identify('u1', { city: null }, at(2)),
  ];
  expect(operationsOf(events)).toMatchObject([
    {
      contact_uid: 'u1',
      params: { plan: 'pro', city: 'Rome', seats: 5 },
      ...{ created_at: at(3).timestamp },
    },
    { contact_uid: 'u2', params: { plan: 'free' } },
  ]);
});

test('a contact that is linked to two accounts in one request is linked to both', () => {
  const group = (groupId: string, seconds: number) => ({
    type: 'group',
    userId: 'u1',
    groupId,
    traits: {},
    ...at(seconds),
  });
  const events = [
    identify('u1', { plan: 'free' }, at(1)),
    group('acme', 2),
    group('globex', 3),
    identify('u1', { plan: 'pro' }, at(4)),
  ];
  const contacts = operationsOf(events).filter(({ method }) => method === 'contact');
  expect(contacts.map((operation) => 'params' in operation && operation.params)).toEqual([
    { account_uid: 'acme' },
    { account_uid: 'globex', plan: 'pro' },
  ]);
});

test('of two updates of the same moment, the one that came later wins', () => {
  const events = [identify('u1', { plan: 'free' }, at(1)), identify('u1', { plan: 'pro' }, at(1))];
  expect(operationsOf(events)).toMatchObject([{ params: { plan: 'pro' } }]);
});

test('an event without a timestamp counts as of when it was accepted', () => {
  const events = [
    identify('u1', { plan: 'accepted now' }),
    identify('u1', { plan: 'a day ago' }, at(-86_400)),
  ];
  expect(operationsOf(events)).toMatchObject([{ params: { plan: 'accepted now' } }]);
});

test('a contact and an account of one id are two', () => {
  const events = [identify('x', { plan: 'pro' }), { type: 'group', groupId: 'x', traits: { plan: 'free' } }];
  expect(operationsOf(events)).toMatchObject([
    { method: 'account', account_uid: 'x', params: { plan: 'free' } },
    { method: 'contact', contact_uid: 'x', params: { plan: 'pro' } },
  ]);
});

describe('nothing of a contact crosses its alias', () => {
  const alias = (userId: string, previousId: string): JsonObject => ({ type: 'alias', userId, previousId });
  const describeAll = (events: readonly JsonObject[]) =>
    operationsOf(events).map((operation) => {
      const uid = 'contact_uid' in operation ? operation.contact_uid : operation.account_uid;
      const plan = 'params' in operation ? operation.params['plan'] : undefined;
      return [operation.method, uid, ...(plan === undefined ? [] : [plan])].join(' ');
    });

  test('though updates of one contact are merged on either side of it', () => {
    const events = [
      track('old'),
      identify('old', { plan: 'a' }),
      identify('old', { plan: 'b' }),
      alias('new', 'old'),
      track('new'),
      identify('new', { plan: 'c' }),
      identify('old', { plan: 'd' }),
      identify('new', { plan: 'e' }),
    ];
    expect(describeAll(events)).toEqual([
      'contact old b',
      'event old',
      'alias new',
      'contact new e',
      'contact old d',
      'event new',
    ]);
  });

  test('nor the next one, if there are several of them', () => {
    const events = [
      alias('b', 'a'),
      identify('b', { plan: '1' }),
      alias('c', 'b'),
      identify('c', { plan: '2' }),
    ];
    expect(describeAll(events)).toEqual(['alias b', 'contact b 1', 'alias c', 'contact c 2']);
  });

  test('and other contacts go on as if there were none', () => {
    const events = [identify('x', { plan: '1' }), alias('b', 'a'), identify('x', { plan: '2' })];
    expect(describeAll(events)).toEqual(['contact x 2', 'alias b']);
  });
});

test('of several updates that do not come in order, the latest wins, and equal ones keep their order', () => {
  const plans = (...seconds: number[]) =>
    operationsOf(seconds.map((second, index) => identify('u1', { plan: `${index}` }, at(second))));
  expect(plans(2, 3, 1)).toMatchObject([{ params: { plan: '1' } }]);
  expect(plans(3, 2, 1)).toMatchObject([{ params: { plan: '0' } }]);
  expect(plans(1, 3, 3, 2)).toMatchObject([{ params: { plan: '2' } }]);
});
