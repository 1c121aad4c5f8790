import { describe, expect, test } from '@jest/globals';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { createMessage, createResponse, identify, OK, START, track } from '../../support/delivery.ts';
import {
  contains,
  createMessages,
  messagesOfUsers,
  REJECTED,
  type Responder,
  rejectWhere,
  setUpBatches,
  sqsMessageIds,
  touchesUser,
} from '../../support/delivery-batch.ts';

const HOUR_MS = 3_600_000;

describe('a batch that is accepted', () => {
  test('is done with one request, and nothing of it is left', async () => {
    const { deliver, batches, queue } = setUpBatches(() => OK);
    const messages = messagesOfUsers(100);
    expect(await deliver(messages)).toEqual([]);
    expect(batches()).toHaveLength(1);
    expect(queue.calls).toEqual(messages.map(({ sqsMessageId }) => `delete ${sqsMessageId}`));
  });
});

test('what stands behind a bad part goes with the next batch, but for what waits for that part', async () => {
  const isBad = (operation: Operation) => operation.method === 'event' && operation.event_uid === 'bad';
  const { deliver, batches, dead } = setUpBatches(rejectWhere(REJECTED, isBad), { dismisses: true });
  const bad = createMessage(track('u0', 'Bad'));
  const behind = createMessage(track('u0', 'Fine'));
  const messages = [bad, ...messagesOfUsers(7, (user) => track(`other-${user}`)), behind];
  expect(await deliver(messages)).toEqual([]);
  expect(dead()).toEqual({ [bad.sqsMessageId]: 'rejected' });
  // All, parts until the bad one is alone, the event that waits for it, and the others.
  expect(batches().map(({ operations }) => operations.length)).toEqual([9, 5, 3, 2, 1, 1, 7]);
});

test('where every second event is bad, three quarters are settled in 60 requests, for none leaves search after search', async () => {
  const messages = messagesOfUsers(32);
  const bad = messages.flatMap((_, index) => (index % 2 === 0 ? `u${index}` : []));
  const { deliver, batches } = setUpBatches(rejectWhere(REJECTED, touchesUser(...bad)), { dismisses: true });
  const left = await deliver(messages);
  expect(batches()).toHaveLength(60);
  expect(left.length).toBeLessThanOrEqual(8);
});

describe('a bad operation among a hundred', () => {
  test.each([0, 1, 49, 50, 63, 99])(
    'at place %i is the only dead letter, for 16 requests at most',
    async (place) => {
      const { deliver, batches, pings, dead, queue } = setUpBatches(
        rejectWhere(REJECTED, touchesUser(`u${place}`)),
      );
      const messages = messagesOfUsers(100);
      expect(await deliver(messages)).toEqual([]);
      expect(dead()).toEqual({ [String(messages[place]?.sqsMessageId)]: 'rejected' });
      expect(queue.deadLetters).toMatchObject([
        { status: 422, detail: 'Salesmachine answered 422: email is not an address' },
      ]);
      const accepted = batches().filter((request) => !contains(request, touchesUser(`u${place}`)));
      expect(accepted.flatMap(({ operations }) => operations)).toHaveLength(99);
      expect(batches().length).toBeLessThanOrEqual(15);
      expect(pings()).toHaveLength(0);
    },
  );

  test.each([0, 42, 99])(
    'at place %i that is answered 400 costs no more than 17 extra, pings included',
    async (place) => {
      const { deliver, batches, pings, dead } = setUpBatches(
        rejectWhere(createResponse(400), touchesUser(`u${place}`)),
      );
      const messages = messagesOfUsers(100);
      expect(await deliver(messages)).toEqual([]);
      expect(dead()).toEqual({ [String(messages[place]?.sqsMessageId)]: 'rejected' });
      expect(pings().length).toBeGreaterThan(0);
      expect(batches().length - 1 + pings().length).toBeLessThanOrEqual(17);
    },
  );

  test('that is answered 400 needs no ping where others pass just before and after it', async () => {
    const { deliver, pings, dead } = setUpBatches(rejectWhere(createResponse(400), touchesUser('u0')));
    expect(await deliver(messagesOfUsers(1, () => track('another')))).toEqual([]);
    const messages = messagesOfUsers(4);
    expect(await deliver(messages)).toEqual([]);
    expect(dead()).toEqual({ [String(messages[0]?.sqsMessageId)]: 'rejected' });
    expect(pings()).toEqual([]);
  });

  test('makes no dead letter of anything while the credential is bad', async () => {
    const { deliver, batches, queue, gate } = setUpBatches(() => createResponse(400), {
      ping: () => createResponse(400),
    });
    const messages = messagesOfUsers(100);
    expect(await deliver(messages)).toEqual(sqsMessageIds(messages));
    expect(batches().length).toBeLessThanOrEqual(12);
    expect(queue.deadLetters).toEqual([]);
    expect(gate.resumesInMs()).toBeUndefined();
  });
});

describe('a 400 to a batch of which each part passes', () => {
  test('is of the credential, and so is the next one: that batch is sent again as it is', async () => {
    const { deliver, batches, queue } = setUpBatches((_, index) =>
      [0, 4].includes(index) ? createResponse(400) : OK,
    );
    expect(await deliver(messagesOfUsers(2))).toEqual([]);
    expect(await deliver(messagesOfUsers(2, (userId) => track(`${userId} too`)))).toEqual([]);
    expect(batches().map(({ operations }) => operations.length)).toEqual([2, 1, 1, 2, 2]);
    expect(queue.deadLetters).toEqual([]);
  });
});

describe('an operation that was merged', () => {
  const events = [
    identify('u1', { email: 'a' }),
    track('u2'),
    identify('u1', { email: 'bad' }),
    track('u1'),
    identify('u1', { plan: 'pro' }),
  ];

  test('is taken apart before it is rejected: only the bad update is a dead letter', async () => {
    const isRejected = (operation: Operation) =>
      operation.method === 'contact' && operation.params['email'] === 'bad';
    const { deliver, dead } = setUpBatches(rejectWhere(REJECTED, isRejected));
    const messages = createMessages(events);
    expect(await deliver(messages)).toEqual([]);
    expect(dead()).toEqual({ [String(messages[2]?.sqsMessageId)]: 'rejected' });
  });

  test('is not rejected for being too large: its parts are delivered', async () => {
    const isLarge = (operation: Operation) =>
      operation.method === 'contact' && Object.keys(operation.params).length > 1;
    const { deliver, dead } = setUpBatches(rejectWhere(createResponse(413), isLarge));
    expect(await deliver(createMessages(events))).toEqual([]);
    expect(dead()).toEqual({});
  });

  test('an operation that is refused only merged with another is no dead letter', async () => {
    const hasTooMany = (operation: Operation) =>
      operation.method === 'contact' && Object.keys(operation.params).length > 1;
    const { deliver, dead } = setUpBatches(rejectWhere(REJECTED, hasTooMany));
    expect(await deliver(createMessages(events))).toEqual([]);
    expect(dead()).toEqual({});
  });
});

describe('an event of two operations, of which one is bad', () => {
  test('is a dead letter, and its other operation is delivered once', async () => {
    const isNamed = (operation: Operation) => operation.method === 'event' && operation.event_uid === 'home';
    const { deliver, dead, batches } = setUpBatches(rejectWhere(REJECTED, isNamed));
    const messages = createMessages([track('u1'), { type: 'page', userId: 'u2', name: 'Home' }, track('u3')]);
    expect(await deliver(messages)).toEqual([]);
    expect(dead()).toEqual({ [String(messages[1]?.sqsMessageId)]: 'rejected' });
    const accepted = batches().filter((request) => !contains(request, isNamed));
    expect(accepted.flatMap(({ operations }) => operations)).toHaveLength(3);
  });
});

describe('an operation that is too large', () => {
  test('alone is a dead letter; what was only too large together is delivered', async () => {
    const respond: Responder = (request) =>
      request.operations.length > 20 || contains(request, touchesUser('u33')) ? createResponse(413) : OK;
    const { deliver, dead } = setUpBatches(respond);
    const messages = messagesOfUsers(60);
    expect(await deliver(messages)).toEqual([]);
    expect(dead()).toEqual({ [String(messages[33]?.sqsMessageId)]: 'too_large' });
  });
});

describe("an operation that alone gives a server's error", () => {
  test('is tried again later, after which comes all of its group; its neighbours are delivered', async () => {
    const isRejected = (operation: Operation) =>
      operation.method === 'contact' && touchesUser('u3')(operation);
    const { deliver, dead, queue, batches, failedSqsMessageIds } = setUpBatches(
      rejectWhere(createResponse(500), isRejected),
    );
    const messages = [
      ...messagesOfUsers(6, (userId) => identify(userId, {})),
      createMessage(track('u3')),
      createMessage(track('u4')),
    ];
    const [failed, follower] = [messages[3], messages[6]].map((message) => String(message?.sqsMessageId));
    expect(await deliver(messages)).toEqual([failed, follower]);
    expect(dead()).toEqual({});
    expect(failedSqsMessageIds()).toEqual([failed, follower]);
    const accepted = batches().filter((request) => !contains(request, isRejected));
    expect(accepted.some((request) => contains(request, touchesUser('u3')))).toBe(false);
    expect(accepted.flatMap(({ operations }) => operations)).toHaveLength(6);
    expect(queue.released.get(String(failed))).toBeGreaterThan(0);
    expect(queue.released.get(String(follower))).toBe(queue.released.get(String(failed)));
  });

  test('is a dead letter once it is older than the limit and has failed three times; younger ones are not', async () => {
    const { deliver, dead } = setUpBatches(rejectWhere(createResponse(500), touchesUser('u3', 'young')), {
      afterMs: 73 * HOUR_MS,
    });
    const young = createMessage(track('young'), { sentAt: START + 10 * HOUR_MS });
    const messages = [...messagesOfUsers(6), young];
    const old = String(messages[3]?.sqsMessageId);
    expect(await deliver(messages)).toEqual([old, young.sqsMessageId]);
    const again = messages.filter(({ sqsMessageId }) => [old, young.sqsMessageId].includes(sqsMessageId));
    const withOthers = () => [...messagesOfUsers(2), ...again];
    expect(await deliver(withOthers())).toEqual([old, young.sqsMessageId]);
    expect(dead()).toEqual({});
    expect(await deliver(withOthers())).toEqual([young.sqsMessageId]);
    expect(dead()).toEqual({ [String(messages[3]?.sqsMessageId)]: 'server_error' });
  });

  test('takes the whole event with it, though the other operation of the event was never tried', async () => {
    const { deliver, dead } = setUpBatches(rejectWhere(createResponse(500), touchesUser('bad')), {
      afterMs: 73 * HOUR_MS,
    });
    const page = createMessage({ type: 'page', userId: 'bad', name: 'Home' });
    const withOthers = () => [...messagesOfUsers(2), page];
    for (const _ of [1, 2]) expect(await deliver(withOthers())).toEqual([page.sqsMessageId]);
    expect(await deliver(withOthers())).toEqual([]);
    expect(dead()).toEqual({ [page.sqsMessageId]: 'server_error' });
  });

  test('is delivered if it was only a bad moment', async () => {
    const { deliver, dead } = setUpBatches((_, index) => (index < 5 ? createResponse(500) : OK), {
      afterMs: 73 * HOUR_MS,
    });
    expect(await deliver(messagesOfUsers(6))).toEqual([]);
    expect(dead()).toEqual({});
  });
});

describe('an outage', () => {
  test('makes no dead letter, however old the events are', async () => {
    const down: ApiResult = { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' };
    const { deliver, queue, batches, failedSqsMessageIds } = setUpBatches(() => down, {
      ping: () => down,
      afterMs: 300 * HOUR_MS,
    });
    const messages = messagesOfUsers(10);
    expect(await deliver(messages)).toEqual(sqsMessageIds(messages));
    expect(failedSqsMessageIds()).toEqual(sqsMessageIds(messages));
    expect(queue.deadLetters).toEqual([]);
    expect(batches().length).toBeLessThanOrEqual(5);
    expect(queue.released.size).toBe(10);
    for (const seconds of queue.released.values()) expect(seconds).toBeGreaterThanOrEqual(1_200);
  });
});

describe('an alias that Salesmachine does not know', () => {
  const alias = (userId: string) => createMessage({ type: 'alias', userId, previousId: 'old' });

  test('is a dead letter, and for an hour the next ones are without asking; then it is asked again', async () => {
    const { deliver, dead, batches, time, gate } = setUpBatches(() => createResponse(404));
    const asked: number[] = [];
    for (const minutes of [0, 20, 40, 59, 61, 80, 119, 122, 130]) {
      await time.run(START + minutes * 60_000);
      const message = alias(`u${minutes}`);
      expect(await deliver([message])).toEqual([]);
      expect(dead()).toHaveProperty([message.sqsMessageId], 'alias_unsupported');
      asked.push(batches().length);
    }
    expect(asked).toEqual([2, 2, 2, 2, 4, 4, 4, 6, 6]);
    expect(gate.resumesInMs()).toBe(0);
  });

  test('does not keep other events from being delivered', async () => {
    const { deliver, dead, batches } = setUpBatches(({ path }) =>
      path === '/v1/alias' ? createResponse(405) : OK,
    );
    await deliver([alias('u1')]);
    expect(await deliver(messagesOfUsers(3))).toEqual([]);
    expect(Object.values(dead())).toEqual(['alias_unsupported']);
    expect(batches().map(({ path }) => path)).toEqual(['/v1/alias', '/v1/alias', '/v1/batch']);
  });
});
