import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createReceiver } from '../../../lib/delivery/receiver.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import { createMessage, fakeQueue, runToEnd, track } from '../../support/delivery.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** A queue with so many messages; a receive takes 20 ms, and may give fewer than asked for, but not none. */
function setUp(count: number, given: (asked: number) => number = (asked) => asked) {
  const time = createVirtualTime();
  const backlog = Array.from({ length: count }, (_, index) => createMessage(track(`u${index}`)));
  const receives: { asked: number; at: number; visibilitySeconds: number }[] = [];
  let pending = 0;
  const queue = {
    ...fakeQueue(),
    async receive(asked: number, visibilitySeconds: number): Promise<ReceivedMessage[]> {
      receives.push({ asked, at: time.now(), visibilitySeconds });
      pending += 1;
      const messages = backlog.splice(0, Math.max(1, given(asked)));
      await time.sleep(20);
      pending -= 1;
      return messages;
    },
  };
  const fill = createReceiver(queue);
  const measureFill = async (wanted: number) => {
    const startedAt = time.now();
    receives.length = 0;
    const got = await runToEnd(time, fill(wanted, 105));
    expect(pending).toBe(0);
    return { got: got.length, receives: receives.length, tookMs: time.now() - startedAt };
  };
  return { measureFill, receives, backlog };
}

describe('a fill', () => {
  test('takes what a request wants, and no more', async () => {
    const { measureFill, backlog } = setUp(1_000);
    expect(await measureFill(97)).toMatchObject({ got: 97 });
    expect(backlog).toHaveLength(903);
  });

  test('asks for ten messages at most at a time, with the visibility that it was told', async () => {
    const { measureFill, receives } = setUp(1_000);
    await measureFill(97);
    expect(Math.max(...receives.map(({ asked }) => asked))).toBe(10);
    expect(new Set(receives.map(({ visibilitySeconds }) => visibilitySeconds))).toEqual(new Set([105]));
  });

  test('asks an empty queue once', async () => {
    expect(await setUp(0).measureFill(100)).toEqual({ got: 0, receives: 1, tookMs: 20 });
  });

  test('ends when the queue has no more to give, with all that it gave', async () => {
    expect(await setUp(23).measureFill(100)).toMatchObject({ got: 23 });
  });

  test('of a full queue asks for all at once, as soon as it knows that it is full', async () => {
    const { measureFill } = setUp(1_000);
    expect((await measureFill(100)).tookMs).toBeLessThanOrEqual(100);
    expect(await measureFill(100)).toEqual({ got: 100, receives: 10, tookMs: 20 });
  });

  test('of a queue that has run dry asks for little again', async () => {
    const { measureFill } = setUp(100);
    await measureFill(100);
    await measureFill(100);
    expect(await measureFill(100)).toEqual({ got: 0, receives: 1, tookMs: 20 });
  });

  test('that wants nothing asks for nothing', async () => {
    expect(await setUp(10).measureFill(0)).toEqual({ got: 0, receives: 0, tookMs: 0 });
  });

  test('gets all that it wants or all that there is, never more, with no receive left pending', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 150 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 10 }),
        async (count, wanted, most) => {
          const { measureFill } = setUp(count, (asked) => Math.min(asked, most));
          expect(await measureFill(wanted)).toMatchObject({ got: Math.min(count, wanted) });
        },
      ),
    );
  });
});
