import { setTimeout as delay } from 'node:timers/promises';

/** Time as the code sees it: the one thing in `lib/` that reads a clock, so that a simulation can replace it. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(Math.max(0, ms), undefined, signal && { signal }),
};

export const systemRandom: Random = () => Math.random();

/** Runs `task` with a signal that aborts after `ms`. */
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
