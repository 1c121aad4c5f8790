import { describe, expect, test } from '@jest/globals';
import { createQuota } from './quota-model.ts';

const WINDOW = 300_000;

/** How many of as many requests as one can send, one a second from `from` to `until`, are granted. */
function countGranted(kind: 'fixed' | 'sliding', from: number, until: number, othersShare = 0): number {
  const quota = createQuota({ windowMs: WINDOW, kind }, from);
  let count = 0;
  for (let now = from; now < until; now += 1_000) if (quota.take(now, 100, othersShare).granted) count += 1;
  return count;
}

describe.each(['fixed', 'sliding'] as const)('a quota in a %s window', (kind) => {
  test('grants its limit in a window and no more', () => {
    expect(countGranted(kind, 0, WINDOW)).toBe(100);
  });

  test('grants it again in the next window', () => {
    expect(countGranted(kind, 0, 2 * WINDOW)).toBe(200);
  });

  test('shares it with others', () => {
    expect(countGranted(kind, 0, 10 * WINDOW, 0.2)).toBeGreaterThan(750);
    expect(countGranted(kind, 0, 10 * WINDOW, 0.2)).toBeLessThan(1_000);
  });

  test('says when it will grant again, and keeps its word', () => {
    const quota = createQuota({ windowMs: WINDOW, kind }, 0);
    const states = Array.from({ length: 101 }, (_, second) => quota.take(second * 1_000, 100, 0));
    const refused = states.at(-1);
    expect(refused).toMatchObject({ granted: false, remaining: 0 });
    expect(quota.take((refused?.resetAt ?? 0) - 1, 100, 0).granted).toBe(false);
    expect(quota.take(refused?.resetAt ?? 0, 100, 0).granted).toBe(true);
  });
});

test('only a fixed window lets the end of one and the start of the next be spent at once', () => {
  const spend = (kind: 'fixed' | 'sliding') => {
    const quota = createQuota({ windowMs: WINDOW, kind }, 0);
    const at = (now: number) => Array.from({ length: 100 }, () => quota.take(now, 100, 0).granted);
    return [...at(WINDOW - 1), ...at(WINDOW)].filter(Boolean).length;
  };
  expect([spend('fixed'), spend('sliding')]).toEqual([200, 100]);
});
