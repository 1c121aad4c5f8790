import type { Clock } from '../runtime/clock.ts';

const MAX_ACTIVE = 4;

/** Beside these, batches that have failed and wait. */
const MAX_FAILED = 8;

/** The batches of an invocation that are being delivered, and what they lock. */
export type InFlight = {
  size(): number;
  /** How many have not failed. */
  active(): number;
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
    deliver: (batch: InFlightBatch) => Promise<void>,
    settle: () => Promise<void>,
  ): void;
  /** Resolves when one of the batches has failed or settled, or at the moment (milliseconds since the epoch). */
  next(wakeAt?: number): Promise<void>;
  all(): Promise<unknown>;
};

export type InFlightBatch = {
  /** It has failed. */
  onFailure(): void;
  /** It does not touch these any more. */
  unlock(keys: readonly string[]): void;
};

export function createInFlight(clock: Clock): InFlight {
  const tasks = new Set<Promise<void>>();
  const locked = new Set<string>();
  const failed = new Set<object>();
  let change = Promise.withResolvers<void>();

  function onChange(): void {
    change.resolve();
    change = Promise.withResolvers<void>();
  }

  const active = () => tasks.size - failed.size;

  return {
    size: () => tasks.size,
    active,
    locked,
    hasRoom: () => active() < MAX_ACTIVE && tasks.size < MAX_ACTIVE + MAX_FAILED,
    add(keys, deliver, settle) {
      for (const key of keys) locked.add(key);
      const left = new Set(keys);
      const batch: InFlightBatch = {
        onFailure() {
          if (failed.has(batch)) return;
          failed.add(batch);
          onChange();
        },
        unlock(keys) {
          for (const key of keys) if (left.delete(key)) locked.delete(key);
          onChange();
        },
      };
      const settled = deliver(batch)
        .then(() => {
          failed.delete(batch);
          batch.unlock([...left]);
          return settle();
        })
        .finally(() => {
          tasks.delete(settled);
          onChange();
        });
      tasks.add(settled);
    },
    async next(wakeAt) {
      const { promise } = change;
      if (wakeAt === undefined) return promise;
      const done = new AbortController();
      const timeout = clock.sleep(Math.max(0, wakeAt - clock.now()), done.signal).catch(() => undefined);
      await Promise.race([promise, timeout]);
      done.abort(null);
    },
    all: () => Promise.all(tasks),
  };
}
