import { describe, expect, test } from '@jest/globals';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { createResponse, OK, track } from '../../support/delivery.ts';
import {
  contains,
  createMessages,
  messagesOfUsers,
  REJECTED,
  rejectWhere,
  setUpBatches,
  sqsMessageIds,
  touchesUser,
} from '../../support/delivery-batch.ts';

const users = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);

describe('everything is refused', () => {
  test('and five of it are given up; the sixth opens the breaker, with the words of the refusal', async () => {
    const { deliver, queue, gate } = setUpBatches(() => REJECTED);
    const messages = messagesOfUsers(100);
    expect(await deliver(messages)).toEqual(sqsMessageIds(messages.slice(5)));
    expect(queue.deadLetters).toHaveLength(5);
    expect(gate.pause()).toMatchObject({
      cause: 'configuration',
      status: 422,
      text: 'Salesmachine answered 422: email is not an address',
      isRefusal: true,
    });
  });

  test('and no more is given up by the batches that follow, nor is it searched', async () => {
    const { deliver, queue, batches } = setUpBatches(() => REJECTED);
    await deliver(messagesOfUsers(100));
    const before = batches().length;
    const messages = messagesOfUsers(40);
    expect(await deliver(messages)).toEqual(sqsMessageIds(messages));
    expect(queue.deadLetters).toHaveLength(5);
    expect(batches().length - before).toBeLessThanOrEqual(1);
  });

  test('until one passes: then what is refused again is given up, though it is more than five', async () => {
    let isFixed = false;
    const bad = users(9);
    const { deliver, queue, gate } = setUpBatches((request) =>
      isFixed && !contains(request, touchesUser(...bad)) ? OK : REJECTED,
    );
    const messages = messagesOfUsers(9);
    for (const message of messages) await deliver([message]);
    expect(queue.deadLetters).toHaveLength(5);
    isFixed = true;
    expect(await deliver(messagesOfUsers(1).map((message) => ({ ...message, body: OTHER })))).toEqual([]);
    expect(gate.pause()).toBeUndefined();
    expect(await deliver(messages.slice(5))).toEqual([]);
    expect(queue.deadLetters).toHaveLength(9);
  });

  test('but what is older than the limit is given up all the same, so that the retention does not eat it', async () => {
    const { deliver, queue } = setUpBatches(() => REJECTED, { afterMs: 73 * 3_600_000 });
    for (const message of messagesOfUsers(7)) await deliver([message]);
    expect(queue.deadLetters).toHaveLength(7);
  });
});

const OTHER = JSON.stringify({ type: 'track', userId: 'another', event: 'Clicked' });

describe('much of a batch is refused', () => {
  test('while some of it passes: each of these is a dead letter', async () => {
    const rejected = users(60).filter((_, index) => index % 4 === 3);
    const { deliver, queue, gate } = setUpBatches(rejectWhere(REJECTED, touchesUser(...rejected)));
    const back = await deliver(messagesOfUsers(60));
    expect(queue.deadLetters.length + back.length).toBeGreaterThanOrEqual(rejected.length);
    expect(queue.deadLetters.length).toBeGreaterThan(5);
    expect(gate.resumesInMs()).toBe(0);
  });

  test('but only five are in it: each is a dead letter', async () => {
    const { deliver, queue } = setUpBatches(() => REJECTED);
    expect(await deliver(messagesOfUsers(5))).toEqual([]);
    expect(queue.deadLetters).toHaveLength(5);
  });
});

describe('when a search has cost all that it may', () => {
  test('what is neither delivered nor rejected is released, and nothing is sent twice', async () => {
    const rejected = [3, 21, 38, 40, 57, 59, 72, 74, 88, 93].map((index) => `u${index}`);
    const { deliver, dead, batches } = setUpBatches(rejectWhere(REJECTED, touchesUser(...rejected)));
    const messages = messagesOfUsers(100);
    const back = await deliver(messages);
    const accepted = batches()
      .filter((request) => !contains(request, touchesUser(...rejected)))
      .flatMap(({ operations }) =>
        operations.flatMap((operation) => ('contact_uid' in operation ? operation.contact_uid : [])),
      );
    expect(new Set(accepted).size).toBe(accepted.length);
    expect(back.length + Object.keys(dead()).length + accepted.length).toBe(100);
    expect(batches().length).toBeLessThanOrEqual(41);
    const rejectedIds = sqsMessageIds(messages.filter((_, index) => rejected.includes(`u${index}`)));
    expect(rejectedIds).toEqual(expect.arrayContaining(Object.keys(dead())));
  });
});

describe('the API becomes another in the middle of a search', () => {
  const BAD_REQUEST = createResponse(400);

  test('for a 403, and what passed before it refused everything proves nothing', async () => {
    const setup = setUpBatches((_, index) => {
      if (index >= 5) return REJECTED;
      setup.evidence.recordAcceptance(setup.time.now());
      return createResponse(403);
    });
    await setup.deliver(messagesOfUsers(16));
    expect(setup.queue.deadLetters).toHaveLength(5);
  });

  test('and what was refused before something passed is not given up for that, but for the five', async () => {
    const messages = messagesOfUsers(6);
    const setup = setUpBatches(() => BAD_REQUEST, {
      ping() {
        const wasEachRefused =
          setup.batches().filter(({ operations }) => operations.length === 1).length === messages.length;
        if (wasEachRefused) setup.evidence.recordAcceptance(setup.time.now());
        return OK;
      },
    });
    expect(await setup.deliver(messages)).toEqual(sqsMessageIds(messages.slice(5)));
    expect(setup.queue.deadLetters).toHaveLength(5);
  });

  test('and nothing overtakes what its user did before, if that is not given up', async () => {
    const isFirst = (operation: Operation) => operation.method === 'event' && operation.event_uid === 'first';
    let pings = 0;
    const { deliver, batches, queue } = setUpBatches(rejectWhere(BAD_REQUEST, isFirst), {
      ping() {
        pings += 1;
        return pings === 1 ? OK : BAD_REQUEST;
      },
    });
    const messages = createMessages([{ ...track('u1'), event: 'First' }, track('u1')]);
    expect(await deliver(messages)).toEqual(sqsMessageIds(messages));
    expect(queue.deadLetters).toEqual([]);
    expect(batches().every((request) => contains(request, isFirst))).toBe(true);
  });
});
