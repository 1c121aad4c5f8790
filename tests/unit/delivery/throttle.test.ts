import { expect, test } from '@jest/globals';
import { createThrottle } from '../../../lib/delivery/throttle.ts';

const NOW = Date.UTC(2026, 0, 1);
const retryAfter = (seconds: number) => ({ 'retry-after': String(seconds) });

test('the pause lasts until the reset that a 429 names, and half a second more at most', () => {
  for (const jitter of [0, 0.5, 0.999]) {
    const throttle = createThrottle(() => jitter);
    throttle.extend(retryAfter(30), NOW);
    expect(throttle.until()).toBeGreaterThanOrEqual(NOW + 30_000);
    expect(throttle.until()).toBeLessThanOrEqual(NOW + 30_500);
  }
});

test('a 429 that comes in the pause extends it, and never ends it earlier; its beginning stays', () => {
  const throttle = createThrottle(() => 0);
  throttle.extend(retryAfter(30), NOW);
  throttle.extend(retryAfter(5), NOW + 1_000);
  expect([throttle.since(), throttle.until()]).toEqual([NOW, NOW + 30_000]);
  throttle.extend(retryAfter(60), NOW + 2_000);
  expect([throttle.since(), throttle.until()]).toEqual([NOW, NOW + 62_000]);
});

test('a pause goes on with a 429 that comes after it, until a request is accepted that was sent after it', () => {
  const throttle = createThrottle(() => 0);
  throttle.extend(retryAfter(30), NOW);
  throttle.onAccepted(NOW + 1_000);
  throttle.extend(retryAfter(30), NOW + 40_000);
  expect([throttle.since(), throttle.until()]).toEqual([NOW, NOW + 70_000]);
  throttle.onAccepted(NOW + 70_000);
  expect(throttle.since()).toBeUndefined();
  throttle.extend(retryAfter(30), NOW + 80_000);
  expect(throttle.since()).toBe(NOW + 80_000);
});

test('429s in a row that do not say until when double the pause, up to a minute; another answer ends the row', () => {
  const throttle = createThrottle(() => 0);
  let now = NOW;
  const pauses = Array.from({ length: 8 }, () => {
    throttle.extend({}, now);
    const seconds = (throttle.until() - now) / 1_000;
    now = throttle.until();
    return seconds;
  });
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  throttle.endRow();
  throttle.extend({}, now);
  expect(throttle.until() - now).toBe(1_000);
  throttle.extend(retryAfter(30), now);
  now = throttle.until();
  throttle.extend({}, now);
  expect(throttle.until() - now).toBe(1_000);
});
