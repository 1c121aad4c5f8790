import { describe, expect, test } from '@jest/globals';
import { track } from '../../support/delivery.ts';
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

describe('much of a batch is refused', () => {
  test('for a new cause: the gate closes, and none of it is a dead letter', async () => {
    const { deliver, queue, gate, log } = setUpBatches(() => REJECTED);
    const messages = messagesOfUsers(100);
    expect(await deliver(messages)).toEqual(sqsMessageIds(messages));
    expect(queue.deadLetters).toEqual([]);
    expect(gate.resumesInMs()).toBeUndefined();
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  test('for a new cause, and the part that is accepted is done', async () => {
    const rejected = Array.from({ length: 20 }, (_, index) => `u${index}`);
    const { deliver, queue } = setUpBatches(rejectWhere(REJECTED, touchesUser(...rejected)));
    const messages = messagesOfUsers(30);
    const back = await deliver(messages);
    expect(sqsMessageIds(messages)).toEqual(expect.arrayContaining(back));
    expect(back).toEqual(expect.arrayContaining(sqsMessageIds(messages.slice(0, 20))));
    expect(queue.deadLetters).toEqual([]);
  });

  test('for a cause that is known from a single operation: that is the data', async () => {
    const rejected = Array.from({ length: 16 }, (_, index) => `u${index}`);
    const { deliver, queue, gate } = setUpBatches(rejectWhere(REJECTED, touchesUser('known', ...rejected)));
    await deliver(createMessages([track('known'), track('good')]));
    expect(queue.deadLetters).toHaveLength(1);
    expect(await deliver(messagesOfUsers(16))).toEqual([]);
    expect(queue.deadLetters).toHaveLength(17);
    expect(gate.resumesInMs()).toBe(0);
  });

  test('but only of a part: each of these is a dead letter', async () => {
    const rejected = Array.from({ length: 15 }, (_, index) => `u${index}`);
    const { deliver, queue, gate } = setUpBatches(rejectWhere(REJECTED, touchesUser(...rejected)));
    expect(await deliver(messagesOfUsers(100))).toEqual([]);
    expect(queue.deadLetters).toHaveLength(15);
    expect(gate.resumesInMs()).toBe(0);
  });

  test('but only a few are in it: each is a dead letter', async () => {
    const { deliver, queue } = setUpBatches(() => REJECTED);
    expect(await deliver(messagesOfUsers(10))).toEqual([]);
    expect(queue.deadLetters).toHaveLength(10);
  });
});

describe('when a search has cost all that it may', () => {
  test('what is neither delivered nor blamed is handed back, and nothing twice', async () => {
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
