import type { Clock } from './clock.ts';

/** The work took longer than it may. It still runs: only the wait for it has ended. */
class TimeLimitError extends Error {
  override name = 'TimeLimitError' as const;
}

/** Runs `task` with a signal that aborts after `ms`, with a `TimeoutError` as its reason. */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const done = new AbortController();
  const onDeadline = () => deadline.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  clock.sleep(ms, done.signal).then(onDeadline, () => undefined);
  try {
    return await task(deadline.signal);
  } finally {
    // With a reason, or else an exception is made for nothing.
    done.abort(null);
  }
}

/**
 * Settles as `work` does, but at the latest after `ms`.
 *
 * @throws TimeLimitError when the time is up
 */
export async function withTimeout<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const timeout = clock.sleep(ms, settled.signal).then(() => {
    throw new TimeLimitError(`Task timed out after ${(ms / 1_000).toFixed(2)} seconds`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    settled.abort(null);
  }
}
