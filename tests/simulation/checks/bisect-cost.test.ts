import { expect, test } from '@jest/globals';
import { createSearches } from './bisect-cost.ts';

test('each request that holds only what was refused together is part of the search, and so is a ping', () => {
  const searches = createSearches();
  searches.refused([1, 2, 3, 4], 1);
  searches.asked([1, 2]);
  searches.pinged();
  searches.asked([3]);
  expect(searches.costs()).toEqual({ mean: 3, worst: 3 });
});

test('a request with anything else in it is not', () => {
  const searches = createSearches();
  searches.refused([1, 2, 3, 4], 1);
  searches.asked([4, 5]);
  searches.asked([6]);
  expect(searches.costs()).toEqual({ mean: 0, worst: 0 });
});

test('a half that is refused again goes on with the same search, and the cost is shared by what is bad', () => {
  const searches = createSearches();
  searches.refused([1, 2, 3, 4], 2);
  searches.asked([1, 2]);
  searches.refused([1, 2], 1);
  searches.asked([1]);
  searches.refused([7, 8], 1);
  searches.asked([7]);
  searches.asked([8]);
  expect(searches.costs()).toEqual({ mean: 4 / 3, worst: 2 });
});

test('what was refused without anything bad in it is no search', () => {
  const searches = createSearches();
  searches.refused([1, 2], 0);
  searches.asked([1]);
  expect(searches.areAny()).toBe(false);
  expect(searches.costs()).toEqual({ mean: 0, worst: 0 });
});
