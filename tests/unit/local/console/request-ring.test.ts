import { expect, test } from '@jest/globals';
import { createRequestRing } from '../../../../lib/local/console/request-ring.ts';

const accepted = { kind: 'response', status: 201, headers: {}, body: '{}' } as const;
const failed = {
  kind: 'response',
  status: 500,
  headers: {},
  body: '{"message":"Something went wrong."}',
} as const;

const body = (...methods: string[]) => JSON.stringify(methods.map((method) => ({ method, params: {} })));

test('a request is on the way until it is answered, and complete when it is logged', () => {
  const ring = createRequestRing(() => 5_000);
  const answer = ring.start(1, '/v1/batch', body('account', 'contact', 'event', 'event'));
  expect([ring.sending(0), ring.sending(1)]).toEqual([[], [4]]);
  answer(accepted);
  expect(ring.sending(1)).toEqual([]);
  expect(ring.complete(1, { outcome: 'delivered', status: 201, events: 5, durationMs: 12 })).toMatchObject({
    number: 1,
    lane: 1,
    operations: { account: 1, contact: 1, event: 2, alias: 0 },
    events: 5,
    text: '',
  });
  expect([ring.count(), ring.operationCount()]).toEqual([1, 4]);
});

test("answers of a lane belong to its log lines in their order, and another lane's do not come between", () => {
  const ring = createRequestRing(() => 0);
  const first = ring.start(0, '/v1/batch', body('event'));
  const second = ring.start(0, '/v1/batch', body('event', 'event'));
  const other = ring.start(1, '/v1/batch', body('contact'));
  second(failed);
  other(accepted);
  first(accepted);
  expect(ring.complete(0, { outcome: 'transient', status: 500 })).toMatchObject({
    operations: { event: 2 },
    text: 'Salesmachine answered 500: Something went wrong.',
  });
  expect(ring.complete(0, { outcome: 'delivered' })).toMatchObject({ operations: { event: 1 } });
  expect(ring.complete(1, { outcome: 'delivered' })).toMatchObject({ operations: { contact: 1 } });
});

test('only the latest requests are kept, and all are counted', () => {
  const ring = createRequestRing(() => 0);
  for (let number = 0; number < 1_000; number++) {
    ring.start(0, '/v1/batch', body('event'))(accepted);
    ring.complete(0, { outcome: 'delivered' });
  }
  expect(ring.latest()).toHaveLength(300);
  expect([ring.count(), ring.latest().at(-1)?.number]).toEqual([1_000, 1_000]);
});

test('an attribute that looks like a method is none', () => {
  const ring = createRequestRing(() => 0);
  const params = { method: 'event', text: '[{"method":"event"}]' };
  ring.start(0, '/v1/batch', JSON.stringify([{ method: 'contact', contact_uid: '7', params }]))(accepted);
  expect(ring.complete(0, {})?.operations).toEqual({ account: 0, contact: 1, event: 0, alias: 0 });
});
