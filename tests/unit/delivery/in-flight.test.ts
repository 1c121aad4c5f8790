import { describe, expect, test } from '@jest/globals';
import { createInFlight, type InFlightBatch } from '../../../lib/delivery/in-flight.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** Batches in flight, each until it is ended. */
function setUp() {
  const inFlight = createInFlight(createVirtualTime());
  function add(...keys: string[]): { batch: InFlightBatch; end(): Promise<void> } {
    const delivery = Promise.withResolvers<void>();
    const settled = Promise.withResolvers<void>();
    let batch: InFlightBatch = { onFailure: () => {}, unlock: () => {} };
    const deliver = (given: InFlightBatch) => {
      batch = given;
      return delivery.promise;
    };
    inFlight.add(keys, deliver, async () => settled.resolve());
    const end = () => {
      delivery.resolve();
      return settled.promise;
    };
    return { batch, end };
  }
  return { inFlight, add };
}

describe('there is room', () => {
  test('for four batches, and for another one once one has failed', () => {
    const { inFlight, add } = setUp();
    const [first] = [1, 2, 3, 4].map((number) => add(`user ${number}`));
    expect(inFlight.hasRoom()).toBe(false);
    first?.batch.onFailure();
    first?.batch.onFailure();
    expect([inFlight.active(), inFlight.hasRoom()]).toEqual([3, true]);
  });

  test('for twelve at most, however many of them have failed', () => {
    const { inFlight, add } = setUp();
    for (let number = 1; number <= 12; number += 1) {
      expect(inFlight.hasRoom()).toBe(true);
      add(`user ${number}`).batch.onFailure();
    }
    expect([inFlight.size(), inFlight.active(), inFlight.hasRoom()]).toEqual([12, 0, false]);
  });
});

test('what a batch no longer touches is free for another one, and stays locked by that', async () => {
  const { inFlight, add } = setUp();
  const first = add('anna', 'bob');
  first.batch.unlock(['anna']);
  expect([...inFlight.locked]).toEqual(['bob']);
  const second = add('anna');
  first.batch.unlock(['anna']);
  await first.end();
  expect([...inFlight.locked]).toEqual(['anna']);
  await second.end();
  expect([...inFlight.locked]).toEqual([]);
});

test('the end of all is known', async () => {
  const { inFlight, add } = setUp();
  const batches = [add('anna'), add('bob')];
  let isOver = false;
  const all = inFlight.all().then(() => {
    isOver = true;
  });
  await batches[0]?.end();
  expect(isOver).toBe(false);
  await batches[1]?.end();
  await all;
  expect(inFlight.size()).toBe(0);
});
