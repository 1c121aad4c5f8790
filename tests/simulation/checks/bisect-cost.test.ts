import { expect, test } from '@jest/globals';
import { createBisectCosts } from './bisect-cost.ts';

test('each request that holds only what was refused together is part of the search, and so is a ping', () => {
  const costs = createBisectCosts();
  costs.onRejected([1, 2, 3, 4], 1);
  costs.onBatch([1, 2]);
  costs.onPing();
  costs.onBatch([3]);
  expect(costs.costs()).toEqual({ mean: 3, worst: 3 });
});

test('a request with anything else in it is not', () => {
  const costs = createBisectCosts();
  costs.onRejected([1, 2, 3, 4], 1);
  costs.onBatch([4, 5]);
  costs.onBatch([6]);
  expect(costs.costs()).toEqual({ mean: 0, worst: 0 });
});

test('a half that is refused again goes on with the same search, and the cost is shared by what is bad', () => {
  const costs = createBisectCosts();
  costs.onRejected([1, 2, 3, 4], 2);
  costs.onBatch([1, 2]);
  costs.onRejected([1, 2], 1);
  costs.onBatch([1]);
  costs.onRejected([7, 8], 1);
  costs.onBatch([7]);
  costs.onBatch([8]);
  expect(costs.costs()).toEqual({ mean: 4 / 3, worst: 2 });
});

test('what was refused without anything bad in it is no search', () => {
  const costs = createBisectCosts();
  costs.onRejected([1, 2], 0);
  costs.onBatch([1]);
  expect(costs.hasAny()).toBe(false);
  expect(costs.costs()).toEqual({ mean: 0, worst: 0 });
});
