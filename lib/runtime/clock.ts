import { setTimeout as delay } from 'node:timers/promises';

/** Time as the code sees it: the one thing in `lib/` that reads a clock, so that a simulation can replace it. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(Math.max(0, ms), undefined, signal && { signal }),
};
