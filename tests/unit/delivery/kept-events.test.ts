import { describe, expect, test } from '@jest/globals';
import { createKeptEvents } from '../../../lib/delivery/kept-events.ts';

const SLOT_MS = 1_000;

/** Two lanes, and backoffs in the middle of their range. */
const keepEvents = () => createKeptEvents({ lanes: 2, random: () => 0.5 });

describe('an event that fails alone', () => {
  test('is known by its first failure and by how many there were', () => {
    const kept = keepEvents();
    kept.recordFailure('a', 1_000, false);
    kept.recordFailure('a', 5_000, false);
    expect(kept.get('a')).toEqual({ since: 1_000, lastFailedAt: 5_000, failures: 2, proven: 0 });
    expect(kept.get('another')).toBeUndefined();
  });

  test('is known by how often it failed while others passed', () => {
    const kept = keepEvents();
    kept.recordFailure('a', 1_000, true);
    kept.recordFailure('a', 5_000, false);
    kept.recordFailure('a', 9_000, true);
    expect(kept.get('a')).toMatchObject({ failures: 3, proven: 2 });
  });

  test('is known by its first refusal, whatever came between it and the last one', () => {
    const kept = keepEvents();
    kept.recordRefusal('a', 1_000);
    kept.recordFailure('a', 5_000, true);
    kept.recordRefusal('a', 9_000);
    expect(kept.get('a')).toMatchObject({ refusedSince: 1_000, lastFailedAt: 9_000, failures: 3, proven: 1 });
  });

  test('is a new one if it fails again after it was delivered', () => {
    const kept = keepEvents();
    kept.recordFailure('a', 1_000, true);
    kept.forget('a');
    kept.recordFailure('a', 9_000, false);
    expect(kept.get('a')).toMatchObject({ since: 9_000, failures: 1, proven: 0 });
  });
});

describe('the next try of an event that is kept', () => {
  test('comes later with each failure, if it is the only one', () => {
    const kept = keepEvents();
    const seconds = Array.from({ length: 10 }, () => {
      const event = kept.recordFailure('a', 0, true);
      kept.scheduleRetry(event, 0, SLOT_MS);
      return (event.dueAt ?? 0) / 1_000;
    });
    expect(seconds).toEqual([10, 10, 10, 10, 17, 33, 65, 129, 257, 451]);
  });

  test('comes so late, where many are kept, that all of them take a twentieth of the slots', () => {
    const kept = keepEvents();
    for (let index = 0; index < 600; index += 1) kept.recordFailure(`event ${index}`, 0, true);
    const event = kept.recordFailure('event 0', 0, true);
    kept.scheduleRetry(event, 0, SLOT_MS);
    // Of two lanes' slots, one every 500 ms, each twentieth: 600 of them in 6,000 s.
    expect(event.dueAt).toBe(6_000_000);
  });

  test('takes one of the twentieth of the slots that the lane has for it, and else asks again at a moment of its own', () => {
    const kept = keepEvents();
    expect(kept.reserve(0, SLOT_MS)).toBe(0);
    expect(kept.reserve(5_000, SLOT_MS)).toBe(15_000 + 20_000 / 2);
    expect(kept.reserve(20_000, SLOT_MS)).toBe(0);
  });

  test('comes later by the slots of a search among those that came back', () => {
    const kept = keepEvents();
    kept.reserve(0, SLOT_MS);
    kept.charge(1_000, SLOT_MS);
    expect(kept.reserve(39_999, SLOT_MS)).toBeGreaterThan(0);
    expect(kept.reserve(40_000, SLOT_MS)).toBe(0);
  });
});

describe('after an outage', () => {
  test('what first failed alone in it goes with others; what was kept before still goes alone', () => {
    const kept = keepEvents();
    for (const [id, since] of [
      ['before', 1_000],
      ['during', 60_000],
    ] as const) {
      kept.scheduleRetry(kept.recordFailure(id, since, true), since, SLOT_MS);
    }
    kept.releaseKeptSince(50_000);
    expect(kept.get('before')?.dueAt).toEqual(expect.any(Number));
    expect(kept.get('during')).toMatchObject({ failures: 1 });
    expect(kept.get('during')?.dueAt).toBeUndefined();
  });
});

test('only the 10,000 that failed last are remembered', () => {
  const kept = keepEvents();
  for (let index = 0; index < 10_000; index += 1) kept.recordFailure(`event ${index}`, index, true);
  kept.recordFailure('event 0', 20_000, true);
  kept.recordFailure('one more', 20_001, true);
  expect(kept.get('event 0')).toBeDefined();
  expect(kept.get('event 1')).toBeUndefined();
  expect(kept.get('event 2')).toBeDefined();
  expect(kept.get('one more')).toBeDefined();
});

test('the status counts what waits for a retry of its own, and when the first is due', () => {
  const kept = keepEvents();
  expect(kept.status()).toEqual({ messages: 0, nextAt: null });
  kept.recordFailure('refused', 0, false);
  kept.scheduleRetry(kept.recordFailure('a', 0, true), 0, SLOT_MS);
  kept.scheduleRetry(kept.recordFailure('b', 9_000, true), 9_000, SLOT_MS);
  expect(kept.status()).toEqual({ messages: 2, nextAt: kept.get('a')?.dueAt });
});
