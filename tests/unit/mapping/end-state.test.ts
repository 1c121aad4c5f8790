import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { merge } from '../../../lib/delivery/merge.ts';
import { createFakeSalesmachine } from '../../../lib/local/salesmachine/fake-salesmachine.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { createQueuedEvent } from '../../support/delivery.ts';

const user = fc.constantFrom('u1', 'u2', 'u3');
const account = fc.constantFrom('acme', 'globex', 'initech');
const attribute = fc.constantFrom(
  'plan',
  'city',
  'mrr',
  'firstName',
  'LastName',
  'name',
  'website',
  '__proto__',
);
const value = fc.oneof(
  fc.constantFrom('Ann', '12.5', 'https://a.example', '', ' x '),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.constantFrom('a', null, 1)),
  fc.dictionary(attribute, fc.integer(), { maxKeys: 2 }),
);
const traits = fc.dictionary(attribute, value, { maxKeys: 4 });
const link = fc.oneof(
  fc.constant({}),
  account.map((uid) => ({ account_uid: uid })),
);

const event: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    type: fc.constant('identify'),
    userId: user,
    traits: fc.tuple(traits, link).map(([a, b]) => ({ ...a, ...b })),
  }),
  fc.record({ type: fc.constant('group'), userId: user, groupId: account, traits }),
  fc.record({ type: fc.constant('group'), groupId: account, traits }),
  fc.record({
    type: fc.constant('track'),
    userId: user,
    event: fc.constantFrom('Ran', 'Saved'),
    properties: traits,
  }),
  fc.record({
    type: fc.constant('page'),
    userId: user,
    name: fc.constantFrom('Home', ''),
    context: fc.record({ groupId: account }),
  }),
  fc
    .shuffledSubarray(['u1', 'u2', 'u3'], { minLength: 2, maxLength: 2 })
    .map(([userId = '', previousId = '']) => ({
      type: 'alias',
      userId,
      previousId,
    })),
);

/** Events in the order of their times, some of one moment, each in the request that it starts or goes along in. */
const history = fc.array(
  fc.record({ event, waitMs: fc.integer({ min: 0, max: 2 }), startsRequest: fc.boolean() }),
  {
    maxLength: 40,
  },
);

/** What Salesmachine holds after these requests. */
function endStateOf(requests: readonly (readonly Operation[])[]) {
  const credential = { token: 't', secret: 's' };
  const fake = createFakeSalesmachine({
    credential,
    limit: { requests: 1_000, windowSeconds: 1 },
    now: () => 0,
  });
  for (const operation of requests.flat()) fake.crm.apply(operation);
  const { contacts, accounts, contactAccounts, events } = fake.state();
  const links = Object.entries(contactAccounts).map(([uid, linked]) => [uid, linked.toSorted()]);
  // Each contact's events keep their order; those of two contacts need not.
  const eventsByContact = Object.groupBy(events, ({ contact_uid }) => contact_uid);
  return { contacts, accounts, links: Object.fromEntries(links), eventsByContact };
}

test('merged or not, in any grouping, the end state is the same: traits, links and events', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let at = Date.UTC(2026, 0, 1);
      const requests: (typeof queuedEvents)[] = [];
      const queuedEvents = steps.map(({ event: given, waitMs }) => {
        at += waitMs;
        return createQueuedEvent({ ...given, timestamp: new Date(at).toISOString() });
      });
      for (const [index, queuedEvent] of queuedEvents.entries()) {
        if (index === 0 || steps[index]?.startsRequest) requests.push([queuedEvent]);
        else requests.at(-1)?.push(queuedEvent);
      }
      const unmerged = queuedEvents.map(({ operations }) => operations.map(({ operation }) => operation));
      const merged = requests.map((request) =>
        merge(request.flatMap(({ operations }) => operations)).map(({ operation }) => operation),
      );
      expect(endStateOf(merged)).toEqual(endStateOf(unmerged));
    }),
    { numRuns: 500 },
  );
});
