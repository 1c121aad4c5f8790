import { describe, expect, test } from '@jest/globals';
import type { AttemptOptions } from '../../../lib/delivery/attempt.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import { CONNECTION_REFUSED, LOST, runAttempt } from '../../support/attempt.ts';
import { createQueuedEvent, createResponse, OK, type Request, START, track } from '../../support/delivery.ts';

const rejectedWith = (rejection: object) => ({
  kind: 'rejected',
  rejection: expect.objectContaining(rejection),
});
const everySecond = Array.from({ length: 60 }, (_, second) => second + 0.05);

describe('a request', () => {
  test('is one array of operations, sent once if it is accepted', async () => {
    const { result, batches, failures } = await runAttempt([OK]);
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toMatchObject([
      { path: '/v1/batch', operations: [{ contact_uid: 'u1' }, { contact_uid: 'u2' }], at: 0 },
    ]);
    expect(failures).toEqual([0, 0]);
  });

  test('of an alias is its one object', async () => {
    const queuedEvents = [createQueuedEvent({ type: 'alias', userId: 'new', previousId: 'old' })];
    const { batches } = await runAttempt([OK], { queuedEvents });
    expect(batches).toMatchObject([{ path: '/v1/alias', operations: [{ previous_contact_uid: 'old' }] }]);
  });
});

describe('the same request is sent later', () => {
  test('after 429s, which are no failures', async () => {
    const throttled = createResponse(429, '', { 'retry-after': '10' });
    const { result, batches, pings, failures } = await runAttempt([throttled, throttled, throttled, OK]);
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches.map(({ at }) => Math.floor(at))).toEqual([0, 10, 20, 31]);
    expect(new Set(batches.map(({ operations }) => JSON.stringify(operations))).size).toBe(1);
    expect(pings).toEqual([]);
    expect(failures).toEqual([0, 0]);
  });

  test.each<[string, ApiResult]>([
    ...[401, 403, 402, 404, 406, 301, 409, 418, 423, 500, 501].map((status): [string, ApiResult] => [
      `a ${status}`,
      createResponse(status),
    ]),
    ['an HTML page', createResponse(200, '<!doctype html>')],
    ['a refused connection', CONNECTION_REFUSED],
    ['a reset', LOST],
  ])('after %s, which may be chance', async (_, failure) => {
    const { result, batches, pings, failures, gate } = await runAttempt([failure, failure, OK], {
      othersPassAt: everySecond,
    });
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(3);
    expect(pings).toEqual([]);
    expect(failures).toEqual([2, 2]);
    expect(gate.pause()).toBeUndefined();
  });

  test('with the credential read again, if that was rejected', async () => {
    const { result, refreshes } = await runAttempt([createResponse(401), OK]);
    expect(result).toEqual({ kind: 'delivered' });
    // One that was read while the request was out is another one already.
    expect(refreshes()).toEqual([0]);
  });

  test.each([
    ['a slot', 1.5],
    ['a retry', 5],
  ])(
    'but never after its time, and it does not wait for %s that would come later',
    async (_, untilSeconds) => {
      const queuedEvents = [createQueuedEvent(track('u1'))];
      const { result, batches, endedAt } = await runAttempt([createResponse(500)], {
        queuedEvents,
        untilSeconds,
      });
      expect(result).toEqual({ kind: 'undecided' });
      expect(batches.every(({ at }) => at < untilSeconds)).toBe(true);
      expect(endedAt).toBe(untilSeconds);
    },
  );
});

describe('an outage', () => {
  test.each([401, 404, 500, 503])(
    'of batches alone, by a %i, is not the operations’ fault, however often they fail',
    async (status) => {
      const queuedEvents = [createQueuedEvent(track('u1'))];
      const { result, batches, gate } = await runAttempt([createResponse(status)], { queuedEvents });
      expect(result).toEqual({ kind: 'undecided' });
      expect(batches.length).toBeGreaterThan(5);
      expect(batches.length).toBeLessThan(12);
      expect(gate.resumesInMs()).toBeUndefined();
    },
  );

  test('of several operations is tried in parts from then on: one of them may be all that is wrong', async () => {
    const { result, batches, gate } = await runAttempt([createResponse(500)]);
    expect(result).toEqual(rejectedWith({ reason: 'server_error' }));
    expect(batches).toHaveLength(5);
    expect(gate.resumesInMs()).toBeUndefined();
  });

  test('that ends is over with the first request that is accepted', async () => {
    const queuedEvents = [createQueuedEvent(track('u1'))];
    const ping = ({ at }: Request) => (at < 20 ? CONNECTION_REFUSED : OK);
    const down = Array<ApiResult>(5).fill(CONNECTION_REFUSED);
    const { result, batches, pings, gate } = await runAttempt([...down, OK], { ping, queuedEvents });
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(6);
    expect(pings.length).toBeGreaterThan(2);
    expect(gate.pause()).toBeUndefined();
  });
});

describe('it is the operations’ fault', () => {
  test('if a 422 says so, with its words', async () => {
    const { result, batches, pings } = await runAttempt([
      createResponse(422, { error: 'params is missing' }),
    ]);
    const detail = 'Salesmachine answered 422: params is missing';
    expect(result).toEqual(rejectedWith({ reason: 'rejected', status: 422, detail }));
    expect([batches.length, pings.length]).toEqual([1, 0]);
  });

  test('but what was accepted while the request was out is no proof of that', async () => {
    const { result } = await runAttempt([createResponse(422)], { othersPassAt: [0.05] });
    if (result.kind !== 'rejected') throw new Error('A 422 is about the data.');
    expect(result.rejection.at).toBe(START + 100);
    expect(result.rejection.acceptedBefore).toBeLessThan(START + 50);
  });

  test('if a 400 comes while the credential is good', async () => {
    const { result, batches, pings } = await runAttempt([createResponse(400)]);
    expect(result).toEqual(rejectedWith({ reason: 'rejected', status: 400 }));
    expect([batches.length, pings.length]).toEqual([1, 1]);
  });

  test('but not if a 400 comes while the credential is bad: then the request is sent again', async () => {
    let pings = 0;
    const ping = () => (pings++ === 0 ? createResponse(400) : OK);
    const { result, batches } = await runAttempt([createResponse(400), OK], { ping });
    expect(result).toEqual({ kind: 'delivered' });
    expect(batches).toHaveLength(2);
  });

  test('nor if the same request passes afterwards: then for a minute, no 400 is about the data', async () => {
    const { evidence, batches, pings } = await runAttempt([createResponse(400), OK], {
      ping: () => createResponse(401),
    });
    expect([batches.length, pings.length]).toEqual([2, 1]);
    const sentAgainAt = START + Number(batches[1]?.at) * 1_000;
    expect(evidence.isCredentialGood(sentAgainAt)).toBe(false);
  });

  test.each<[string, number]>([
    ['rejected', 403],
    ['rejected', 404],
    ['rejected', 409],
    ['server_error', 500],
  ])(
    'as far as anyone can tell, by the reason %s, if it fails with %i while others pass',
    async (reason, status) => {
      const { result, batches, gate } = await runAttempt([createResponse(status)], {
        othersPassAt: everySecond,
      });
      expect(result).toEqual(rejectedWith({ reason, status }));
      expect(batches.length).toBeGreaterThanOrEqual(3);
      expect(batches.length).toBeLessThanOrEqual(5);
      expect(gate.pause()).toBeUndefined();
    },
  );

  test.each<AttemptOptions['scope']>(['part', 'suspect'])(
    'at the first failure of what is a %s already',
    async (scope) => {
      const { result, batches } = await runAttempt([LOST], { scope });
      expect(result).toEqual(rejectedWith({ reason: 'server_error', detail: 'ECONNRESET' }));
      expect(batches).toHaveLength(1);
    },
  );

  test('if they are too many bytes', async () => {
    expect((await runAttempt([createResponse(413)])).result).toEqual(
      rejectedWith({ reason: 'too_large', status: 413 }),
    );
  });

  test.each([404, 405])(
    'if it is an alias, and the answer is %i: that says nothing of the API',
    async (status) => {
      const queuedEvents = [createQueuedEvent({ type: 'alias', userId: 'new', previousId: 'old' })];
      const { result, gate, pings, batches } = await runAttempt([createResponse(status)], { queuedEvents });
      expect(result).toEqual(rejectedWith({ reason: 'alias_unsupported', status }));
      expect(gate.resumesInMs()).toBe(0);
      expect([pings.length, batches.length]).toEqual([1, 2]);
    },
  );
});

test.each<[string, (ping: number) => ApiResult]>([
  ['as pings do', (ping) => (ping < 2 ? createResponse(404) : OK)],
  ['and a moment later pings pass', () => OK],
])('an alias that is answered 404, %s, is delivered later: it was the URL or the plan', async (_, answer) => {
  let pings = 0;
  const queuedEvents = [createQueuedEvent({ type: 'alias', userId: 'new', previousId: 'old' })];
  const { result, gate } = await runAttempt([createResponse(404), OK], {
    queuedEvents,
    ping: () => answer(pings++),
  });
  expect(result).toEqual({ kind: 'delivered' });
  expect(gate.resumesInMs()).toBe(0);
});
