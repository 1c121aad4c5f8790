import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPacer, type Pacer, type Quota } from '../../../lib/delivery/pacer.ts';

/** One request a second and lane. */
const QUOTA = { requests: 600, windowSeconds: 300, share: 1, lanes: 2 };

/** Asks at each moment, and takes the slot if there is one: the moments of the requests. */
const requestsAt = (pacer: Pacer, moments: readonly number[]): number[] =>
  moments.filter((now) => {
    if (pacer.nextSlot() > now) return false;
    pacer.reserveSlot(now);
    return true;
  });

const every = (stepMs: number, fromMs: number, toMs: number) =>
  Array.from({ length: Math.floor((toMs - fromMs) / stepMs) }, (_, index) => fromMs + index * stepMs);

describe('a lane sends', () => {
  test('its part of the quota, at once and then evenly', () => {
    const quota = { requests: 900, windowSeconds: 300, share: 0.97, lanes: 3 };
    const requests = requestsAt(createPacer(quota, 0), every(1, 0, 300_000));
    expect(requests).toHaveLength(291);
    expect(requests[0]).toBe(0);
    const gaps = requests.slice(1).map((at, index) => at - (requests[index] ?? 0));
    expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([1_030, 1_031]);
  });

  test('at once what it missed, but four slots at most', () => {
    const pacer = createPacer(QUOTA, 0);
    requestsAt(pacer, every(100, 0, 5_000));
    const late = requestsAt(pacer, [...Array(20).fill(60_000), ...every(100, 60_000, 63_000)]);
    expect(late).toEqual([60_000, 60_000, 60_000, 60_000, 60_000, 61_000, 62_000]);
  });

  test('at once the two slots that it missed, and then keeps its old beat', () => {
    const pacer = createPacer(QUOTA, 0);
    expect(requestsAt(pacer, [0, ...Array(9).fill(2_500), ...every(100, 2_600, 5_100)])).toEqual([
      0, 2_500, 2_500, 3_000, 4_000, 5_000,
    ]);
  });

  test('again in a slot that it gave back', () => {
    const pacer = createPacer(QUOTA, 0);
    pacer.reserveSlot(0);
    pacer.releaseSlot(0);
    expect(requestsAt(pacer, every(100, 0, 2_000))).toEqual([0, 1_000]);
  });

  test('never more than its part of the quota and what it may catch up, in any window', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(pauses, (pausesMs) => {
        let now = 0;
        const moments = pausesMs.flatMap((pause) => {
          now += pause;
          return Array<number>(6).fill(now);
        });
        const requests = requestsAt(createPacer(QUOTA, 0), moments);
        requests.forEach((from, first) => {
          const within = requests.slice(first).filter((at) => at < from + 300_000).length;
          expect(within).toBeLessThanOrEqual(300 + 5);
        });
      }),
    );
  });
});

describe('a search may use slots before their moment', () => {
  const SPARE: Quota = { requests: 900, windowSeconds: 300, share: 0.97, lanes: 2 };
  const HOUR_MS = 3_600_000;

  /** How many a search gets at once. */
  function borrowAll(pacer: Pacer, now: number): number {
    let count = 0;
    for (; pacer.canBorrow(); count += 1) pacer.reserveSlot(now);
    return count;
  }

  /** A lane sends whenever it may. */
  function sendUntil(pacer: Pacer, until: number): number {
    let requests = 0;
    for (; pacer.nextSlot() < until; requests += 1) {
      pacer.reserveSlot(pacer.nextSlot());
    }
    return requests;
  }

  test('of what the share leaves of the quota', () => {
    const pacer = createPacer(SPARE, 0);
    pacer.reserveSlot(0);
    expect(borrowAll(pacer, 1)).toBe(12);
    expect(borrowAll(createPacer({ ...SPARE, lanes: 10 }, 0), -1)).toBe(2);
  });

  test('and has them again once it has paid them back', () => {
    const pacer = createPacer(SPARE, 0);
    expect(borrowAll(pacer, -1)).toBe(12);
    sendUntil(pacer, 10 * 60_000);
    expect(borrowAll(pacer, 10 * 60_000 - 1)).toBe(12);
  });

  test('and pays back: an hour has no more requests', () => {
    const pacer = createPacer(SPARE, 0);
    let requests = 0;
    for (let minute = 1; minute <= 60; minute += 1) {
      requests += sendUntil(pacer, minute * 60_000);
      requests += borrowAll(pacer, minute * 60_000 - 1);
    }
    expect(requests).toBeLessThanOrEqual((0.97 * 900 * 12) / 2 + 13);
  });

  test('but not where the lane may spend all of it', () => {
    const pacer = createPacer(QUOTA, 0);
    sendUntil(pacer, HOUR_MS);
    expect(pacer.canBorrow()).toBe(false);
  });
});

describe('after a 429, the rate', () => {
  test('falls by a tenth', () => {
    const pacer = createPacer(QUOTA, 0);
    pacer.onThrottled(0);
    const requests = requestsAt(pacer, every(1, 0, 3_000));
    expect(requests).toHaveLength(3);
    expect(requests[1]).toBeGreaterThan(1_100);
    expect(requests[1]).toBeLessThanOrEqual(1_112);
  });

  test('falls once in 5 s, however many there are', () => {
    const pacer = createPacer(QUOTA, 0);
    for (const now of [0, 1, 2_000, 4_999]) pacer.onThrottled(now);
    expect(pacer.period(0)).toBeCloseTo(1_000 / 0.9);
    pacer.onThrottled(5_000);
    expect(pacer.period(5_000)).toBeGreaterThan(1_000 / 0.83);
    expect(pacer.period(5_000)).toBeLessThan(1_000 / 0.81);
  });

  test('is back at its ceiling within minutes, and no higher', () => {
    const pacer = createPacer(QUOTA, 0);
    for (const now of every(5_000, 0, 40_000)) pacer.onThrottled(now);
    expect(pacer.period(40_000)).toBeGreaterThan(1_700);
    expect(pacer.period(160_000)).toBeGreaterThan(1_100);
    expect(pacer.period(600_000)).toBe(1_000);
    expect(pacer.period(86_400_000)).toBe(1_000);
  });

  test('never falls so low that the lane sends nothing any more', () => {
    const pacer = createPacer(QUOTA, 0);
    for (const now of every(5_000, 0, 3_600_000)) pacer.onThrottled(now);
    expect(pacer.period(3_600_000)).toBeLessThanOrEqual(20_000);
  });
});
