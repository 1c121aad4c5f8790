import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  delayUntilSeconds,
  keptDelayMs,
  outageDelaySeconds,
  probeDelayMs,
  retryDelaySeconds,
  retryWaitMs,
} from '../../../lib/delivery/backoff.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const least = () => 0;
const most = () => 1 - 2 ** -32;

describe('a message that failed stays away', () => {
  test.each([
    [1, 1, 2],
    [2, 1, 4],
    [3, 1, 8],
    [9, 1, 512],
    [10, 1, 900],
    [1_000, 1, 900],
  ])('after try %i from %i to %i s', (tries, from, to) => {
    expect([retryDelaySeconds(tries, least), retryDelaySeconds(tries, most)]).toEqual([from, to]);
  });

  test('for any time between', () => {
    const random = seededRandom(1);
    const waits = Array.from({ length: 1_000 }, () => retryDelaySeconds(9, random));
    expect(new Set(waits.map((wait) => Math.floor(wait / 64))).size).toBeGreaterThanOrEqual(8);
  });
});

describe('while it is unknown when delivery resumes, a message', () => {
  test('that has just come stays away for half a minute at most', () => {
    expect([outageDelaySeconds(0, least), outageDelaySeconds(0, most)]).toEqual([24, 30]);
  });

  test('that has waited for an hour stays away for 20 to 25 minutes', () => {
    expect([outageDelaySeconds(3_600_000, least), outageDelaySeconds(86_400_000, most)]).toEqual([
      1_200, 1_500,
    ]);
  });

  test('is received less than the thousand times that are allowed, in the fortnight that it is kept', () => {
    const random = seededRandom(7);
    let receives = 0;
    for (let ageMs = 0; ageMs < 14 * 86_400_000; receives += 1)
      ageMs += outageDelaySeconds(ageMs, random) * 1_000;
    expect(receives).toBeLessThan(1_000);
  });
});

test('a message never comes back before the moment at which delivery goes on, and soon after', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 0 }), (ms, seed) => {
      const seconds = delayUntilSeconds(ms, seededRandom(seed));
      return Number.isInteger(seconds) && seconds * 1_000 >= ms && seconds * 1_000 < ms + 4_000;
    }),
  );
});

test('probes come after 1 s, doubling to 60 s, each within a fifth', () => {
  const waits = [1, 2, 4, 8, 16, 32, 60, 60];
  expect(waits.map((_, probes) => probeDelayMs(probes, () => 0.5) / 1_000)).toEqual(waits);
  waits.forEach((seconds, probes) => {
    expect(probeDelayMs(probes, least)).toBeCloseTo(seconds * 800);
    expect(probeDelayMs(probes, most)).toBeCloseTo(seconds * 1_200);
  });
  expect(probeDelayMs(100_000, () => 0.5)).toBe(60_000);
});

describe('a failed request', () => {
  const PERIOD_MS = 1_000;
  const waitsMs = (failures: number, { isQuick = false, isBrownout = false } = {}) =>
    [least, most].map((random) =>
      Math.round(retryWaitMs({ failures, isQuick, isBrownout }, PERIOD_MS, random)),
    );

  test('is sent again within a moment where that is to be quick', () => {
    expect(waitsMs(1, { isQuick: true })).toEqual([50, 150]);
  });

  test('waits for a slot at first, then for ever more of them, and for eight at most', () => {
    expect(waitsMs(1)).toEqual([500, 1_000]);
    expect(waitsMs(5)).toEqual([2_000, 4_000]);
    expect(waitsMs(1_000)).toEqual([4_000, 8_000]);
  });

  test('waits for no more slots for longer where others fail, too', () => {
    expect(waitsMs(5, { isBrownout: true })).toEqual([500, 1_000]);
    expect(waitsMs(1_000, { isBrownout: true })).toEqual([4_000, 8_000]);
  });
});

test('an event is kept as long as its tries ask for, or as all that are kept take, whichever is longer', () => {
  expect([keptDelayMs(3, 0, least), keptDelayMs(3, 0, most)]).toEqual([1_000, 8_000]);
  expect(keptDelayMs(1, 100_000, least)).toBe(50_000);
  expect(Math.round(keptDelayMs(1, 100_000, most))).toBe(150_000);
});
