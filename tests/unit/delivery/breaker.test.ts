import { describe, expect, test } from '@jest/globals';
import { type Breaker, createBreaker, type Trip } from '../../../lib/delivery/breaker.ts';

const OUTAGE: Trip = { cause: 'outage', status: 503, text: 'Salesmachine answered 503', isRefusal: false };
const REFUSAL: Trip = { ...OUTAGE, cause: 'configuration', status: 422, isRefusal: true };

/** Without jitter. */
const createSteadyBreaker = () => createBreaker(() => 0.5);

/** Sends probes that fail at once, each when it is due; returns the seconds between them. */
function failProbes(breaker: Breaker, count: number, trip = OUTAGE): number[] {
  let now = breaker.pause()?.since ?? 0;
  return Array.from({ length: count }, () => {
    const nextTryAt = breaker.pause()?.nextTryAt ?? Number.NaN;
    const seconds = (nextTryAt - now) / 1_000;
    now = nextTryAt;
    breaker.probe(now);
    breaker.trip(now, trip);
    return seconds;
  });
}

test('a breaker is closed until it trips, and then says since when and why', () => {
  const breaker = createSteadyBreaker();
  expect(breaker.pause()).toBeUndefined();
  breaker.trip(7_000, OUTAGE);
  expect(breaker.pause()).toMatchObject({ ...OUTAGE, since: 7_000 });
});

describe('an open breaker', () => {
  test('probes after 1 s, then after twice as long each time, and at least once a minute', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    expect(failProbes(breaker, 9)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('probes at least every 40 s where everything is refused, for the next event may be a good one', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, REFUSAL);
    expect(failProbes(breaker, 8, REFUSAL)).toEqual([1, 2, 4, 8, 16, 32, 40, 40]);
  });

  test('learns nothing from requests that were sent before it opened', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    const pause = breaker.pause();
    expect(breaker.trip(500, { ...OUTAGE, cause: 'credential' })).toBeUndefined();
    expect(breaker.pause()).toEqual(pause);
  });

  test('gives the cause of the last probe, and the beginning of the whole pause', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    failProbes(breaker, 3, { ...OUTAGE, cause: 'credential', status: 401 });
    expect(breaker.pause()).toMatchObject({ cause: 'credential', status: 401, since: 0 });
  });

  test('lets a batch follow a ping that passed at once, and pings again if the batch fails', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    breaker.probe(1_000);
    breaker.onPingPassed(1_200);
    expect(breaker.pause()).toMatchObject({ isPinged: true, isProbing: false, nextTryAt: 1_200 });
    breaker.probe(1_200);
    breaker.trip(1_500, OUTAGE);
    expect(breaker.pause()).toMatchObject({ isPinged: false, nextTryAt: 3_500 });
  });

  test('probes again after 15 s, though the answer to the last probe is still out', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    breaker.probe(1_000);
    expect(breaker.pause()).toMatchObject({ isProbing: true, nextTryAt: 16_000 });
  });

  test('waits for the reset, and no longer, if the probe was throttled', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    breaker.probe(1_000);
    breaker.cancelProbe(9_000);
    expect(breaker.pause()).toMatchObject({ isProbing: false, nextTryAt: 9_000 });
  });
});

describe('a breaker that has closed', () => {
  test('returns the pause that is over', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(3_000, OUTAGE);
    expect(breaker.close()).toMatchObject({ cause: 'outage', since: 3_000 });
    expect(breaker.pause()).toBeUndefined();
    expect(breaker.close()).toBeUndefined();
  });

  test('probes rarely from the start if it opens again before a batch was accepted', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    failProbes(breaker, 4);
    breaker.close();
    breaker.trip(100_000, OUTAGE);
    expect(failProbes(breaker, 1)).toEqual([32]);
  });

  test('probes after a second again once a batch was accepted', () => {
    const breaker = createSteadyBreaker();
    breaker.trip(0, OUTAGE);
    failProbes(breaker, 4);
    breaker.reset();
    breaker.close();
    breaker.trip(100_000, OUTAGE);
    expect(failProbes(breaker, 1)).toEqual([1]);
  });
});
