import { describe, expect, test } from '@jest/globals';
import { track } from '../../support/delivery.ts';
import {
  has,
  idsOf,
  isOf,
  messagesOf,
  ofUsers,
  REFUSED,
  refusing,
  setUpBatches,
} from '../../support/delivery-batch.ts';

describe('much of a batch is refused', () => {
  test('for a new cause: the gate closes, and none of it is a dead letter', async () => {
    const { deliver, queue, gate, log } = setUpBatches(() => REFUSED);
    const messages = ofUsers(100);
    expect(await deliver(messages)).toEqual(idsOf(messages));
    expect(queue.letters).toEqual([]);
    expect(gate.opensIn()).toBeUndefined();
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  test('for a new cause, and the part that is accepted is done', async () => {
    const bad = Array.from({ length: 20 }, (_, index) => `u${index}`);
    const { deliver, queue } = setUpBatches(refusing(REFUSED, isOf(...bad)));
    const messages = ofUsers(30);
    const back = await deliver(messages);
    expect(idsOf(messages)).toEqual(expect.arrayContaining(back));
    expect(back).toEqual(expect.arrayContaining(idsOf(messages.slice(0, 20))));
    expect(queue.letters).toEqual([]);
  });

  test('for a cause that is known from a single operation: that is the data', async () => {
    const bad = Array.from({ length: 16 }, (_, index) => `u${index}`);
    const { deliver, queue, gate } = setUpBatches(refusing(REFUSED, isOf('known', ...bad)));
    await deliver(messagesOf([track('known'), track('good')]));
    expect(queue.letters).toHaveLength(1);
    expect(await deliver(ofUsers(16))).toEqual([]);
    expect(queue.letters).toHaveLength(17);
    expect(gate.opensIn()).toBe(0);
  });

  test('but only of a part: each of these is a dead letter', async () => {
    const bad = Array.from({ length: 15 }, (_, index) => `u${index}`);
    const { deliver, queue, gate } = setUpBatches(refusing(REFUSED, isOf(...bad)));
    expect(await deliver(ofUsers(100))).toEqual([]);
    expect(queue.letters).toHaveLength(15);
    expect(gate.opensIn()).toBe(0);
  });

  test('but only a few are in it: each is a dead letter', async () => {
    const { deliver, queue } = setUpBatches(() => REFUSED);
    expect(await deliver(ofUsers(10))).toEqual([]);
    expect(queue.letters).toHaveLength(10);
  });
});

describe('when a search has cost all that it may', () => {
  test('what is neither delivered nor blamed is handed back, and nothing twice', async () => {
    const bad = [3, 21, 38, 40, 57, 59, 72, 74, 88, 93].map((index) => `u${index}`);
    const { deliver, dead, batches } = setUpBatches(refusing(REFUSED, isOf(...bad)));
    const messages = ofUsers(100);
    const back = await deliver(messages);
    const accepted = batches()
      .filter((request) => !has(request, isOf(...bad)))
      .flatMap(({ operations }) =>
        operations.flatMap((operation) => ('contact_uid' in operation ? operation.contact_uid : [])),
      );
    expect(new Set(accepted).size).toBe(accepted.length);
    expect(back.length + Object.keys(dead()).length + accepted.length).toBe(100);
    expect(batches().length).toBeLessThanOrEqual(41);
    const badIds = idsOf(messages.filter((_, index) => bad.includes(`u${index}`)));
    expect(badIds).toEqual(expect.arrayContaining(Object.keys(dead())));
  });
});
