import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/runtime/clock.ts';

test('a sleep that is aborted ends at once, with the reason of its signal', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(60_000, controller.signal);
  controller.abort('the reason');
  await expect(sleep).rejects.toBe('the reason');
});

test('a sleep whose signal has aborted before does not begin', async () => {
  await expect(systemClock.sleep(60_000, AbortSignal.abort('before'))).rejects.toBe('before');
});

test('a sleep that ends by itself leaves nothing at its signal', async () => {
  const { signal } = new AbortController();
  await systemClock.sleep(1, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
