import type { Clock } from '../runtime/clock.ts';

/** The work took longer than it may. It is not stopped by this: it only is no longer waited for. */
export class TimeLimitError extends Error {
  override name = 'TimeLimitError' as const;
}

/**
 * Settles as `work` does, but at the latest after `ms`.
 *
 * @throws TimeLimitError when the time is up
 */
export async function withTimeout<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  const settled = new AbortController();
  const timeout = clock.sleep(ms, settled.signal).then(() => {
    throw new TimeLimitError(`Task timed out after ${(ms / 1_000).toFixed(2)} seconds`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    settled.abort();
  }
}
