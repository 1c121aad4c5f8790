import type { Clock } from '../runtime/clock.ts';

/** A caller that waits for a slot. `isRetry`: its request has failed before. */
export type Waiter = { deadline: number; isRetry: boolean; resolve(hasSlot: boolean): void };

type Callbacks = {
  /** Resolves with true at the next slot, with false if none comes before `deadline`. */
  waitForSlot(deadline: number): Promise<boolean>;
  /** Gives the slot to one of those that wait, or uses it otherwise. */
  useSlot(): Promise<void>;
};

/** The callers that wait for a slot of the lane, first come, first served; each until its deadline. */
export type SlotLine = {
  /** Resolves with true when the caller has a slot, with false when none came before `deadline`. */
  wait(deadline: number, isRetry: boolean): Promise<boolean>;
  first(): Waiter | undefined;
  /** The first whose request has not failed before. */
  firstFresh(): Waiter | undefined;
  leave(waiter: Waiter, hasSlot: boolean): void;
};

export function createSlotLine(clock: Clock, { waitForSlot, useSlot }: Callbacks): SlotLine {
  let waiters: readonly Waiter[] = [];
  let isServing = false;

  function leave(waiter: Waiter, hasSlot: boolean): void {
    waiters = waiters.filter((other) => other !== waiter);
    waiter.resolve(hasSlot);
  }

  /** Serves those that wait, one after the other, until none is left. */
  async function serve(): Promise<void> {
    isServing = true;
    while (waiters.length > 0) {
      const deadline = Math.min(...waiters.map((waiter) => waiter.deadline));
      if (await waitForSlot(deadline)) await useSlot();
      const now = clock.now();
      for (const waiter of waiters.filter((each) => each.deadline <= now)) leave(waiter, false);
    }
    isServing = false;
  }

  return {
    wait(deadline, isRetry) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      waiters = [...waiters, { deadline, isRetry, resolve }];
      if (!isServing) void serve();
      return promise;
    },
    first: () => waiters[0],
    firstFresh: () => waiters.find(({ isRetry }) => !isRetry),
    leave,
  };
}
