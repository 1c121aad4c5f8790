import { expect, test } from '@jest/globals';
import { createAbandonableClock } from '../../../lib/local/abandonable-clock.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

type Moments = { abandonedAfterMs?: number; abortedAfterMs?: number };

/** How a sleep of a minute ends, and after how many milliseconds nothing waits any more. */
async function sleepAMinute({ abandonedAfterMs, abortedAfterMs }: Moments = {}) {
  const time = createVirtualTime();
  const startedAt = time.now();
  const [abandoned, aborted] = [new AbortController(), new AbortController()];
  let end = 'never';
  createAbandonableClock(time, abandoned.signal)
    .sleep(60_000, aborted.signal)
    .then(
      () => (end = 'woke'),
      (reason) => (end = reason),
    );
  if (abandonedAfterMs !== undefined) time.schedule(abandonedAfterMs, () => abandoned.abort());
  if (abortedAfterMs !== undefined) time.schedule(abortedAfterMs, () => aborted.abort('aborted'));
  await time.run();
  return { end, idleAfterMs: time.now() - startedAt };
}

test('what sleeps wakes in time, or when its own signal aborts', async () => {
  expect(await sleepAMinute()).toEqual({ end: 'woke', idleAfterMs: 60_000 });
  expect(await sleepAMinute({ abortedAfterMs: 30_000 })).toEqual({ end: 'aborted', idleAfterMs: 30_000 });
});

test('what is abandoned never wakes, not even with an error, and leaves no timer', async () => {
  expect(await sleepAMinute({ abandonedAfterMs: 30_000 })).toEqual({ end: 'never', idleAfterMs: 30_000 });
});
