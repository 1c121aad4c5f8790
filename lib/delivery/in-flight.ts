import type { Clock } from '../runtime/clock.ts';

const MAX_IN_FLIGHT = 4;

/** Beside these, batches that have failed and wait. */
const MAX_FAILED = 8;

/** The batches of an invocation that are being delivered, and what they lock. */
export type InFlight = {
  size(): number;
  /** Whether one more may be sent. */
  hasRoom(): boolean;
  /** Groups, contacts and accounts that the batches touch: nothing else of them may be sent. */
  locked: ReadonlySet<string>;
  /**
   * Delivers a batch, which never rejects; `settle` follows once its keys are free. Once it has failed it mostly waits,
   * so that others may go.
   */
  add(
    keys: readonly string[],
    deliver: (onFailure: () => void) => Promise<void>,
    settle: () => Promise<void>,
  ): void;
  /** Resolves when one of the batches has settled, or at the moment (milliseconds since the epoch). */
  next(wakeAt?: number): Promise<void>;
  all(): Promise<unknown>;
};

export function createInFlight(clock: Clock): InFlight {
  const tasks = new Set<Promise<void>>();
  const locked = new Set<string>();
  const failed = new Set<object>();

  return {
    size: () => tasks.size,
    locked,
    hasRoom: () => tasks.size - failed.size < MAX_IN_FLIGHT && tasks.size < MAX_IN_FLIGHT + MAX_FAILED,
    add(keys, deliver, settle) {
      for (const key of keys) locked.add(key);
      const batch = {};
      const settled = deliver(() => failed.add(batch))
        .then(() => {
          failed.delete(batch);
          for (const key of keys) locked.delete(key);
          return settle();
        })
        .finally(() => tasks.delete(settled));
      tasks.add(settled);
    },
    async next(wakeAt) {
      if (wakeAt === undefined) return Promise.race(tasks);
      const done = new AbortController();
      const timeout = clock.sleep(Math.max(0, wakeAt - clock.now()), done.signal).catch(() => undefined);
      await Promise.race([...tasks, timeout]);
      done.abort(null);
    },
    all: () => Promise.all(tasks),
  };
}
