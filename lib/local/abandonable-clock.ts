import type { Clock } from '../runtime/clock.ts';

/**
 * The clock for what may be abandoned: once `abandoned` aborts, time stands still for it. What sleeps never wakes, and no
 * timer of it keeps the process alive.
 */
export const createAbandonableClock = (clock: Clock, abandoned: AbortSignal): Clock => ({
  now: clock.now,
  async sleep(ms, signal) {
    try {
      await clock.sleep(ms, signal ? AbortSignal.any([signal, abandoned]) : abandoned);
    } catch (reason) {
      if (abandoned.aborted) await new Promise(() => {});
      throw reason;
    }
  },
});
