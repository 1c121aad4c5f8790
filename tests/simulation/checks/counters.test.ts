import { describe, expect, test } from '@jest/globals';
import { createKeptCounter } from './kept-counter.ts';
import { createSplitCounter } from './split-counter.ts';

describe('a request is a split', () => {
  test('if it holds nothing but a part of one batch that failed', () => {
    const splits = createSplitCounter();
    splits.onFailed([1, 2, 3, 4]);
    splits.onStart([1, 2]);
    splits.onStart([3]);
    expect(splits.count()).toBe(2);
  });

  test('but not if it is the same batch again, or holds anything else, or what has been delivered since', () => {
    const splits = createSplitCounter();
    splits.onFailed([1, 2, 3]);
    splits.onStart([1, 2, 3]);
    splits.onStart([1, 9]);
    splits.onAccepted([1, 2, 3]);
    splits.onStart([1]);
    expect(splits.count()).toBe(0);
  });
});

describe('a request counts as spent on what is kept', () => {
  const WINDOW_MS = 300_000;
  const isRejected = (event: number) => event < 10;

  test('from the fourth that holds one bad event alone, by the window of the quota', () => {
    const kept = createKeptCounter(0, isRejected);
    for (const now of [0, 1, 2, 3, 4, WINDOW_MS]) kept.onStart([1], now);
    expect(kept.maxPerWindow()).toBe(2);
  });

  test('but not if the event is good, or has company', () => {
    const kept = createKeptCounter(0, isRejected);
    for (const events of [[10], [1, 2], [1, 11]]) {
      for (let attempt = 0; attempt < 9; attempt += 1) kept.onStart(events, 0);
    }
    expect(kept.maxPerWindow()).toBe(0);
  });
});
