import type { Clock } from '../runtime/clock.ts';

/** Which of the callers that wait goes first; of two alike, the one that came first. */
const TURNS = ['first', 'usual', 'last'] as const;
/** After one that went before its time, the others have a turn. */
const TURNS_AFTER_FIRST = ['usual', 'first', 'last'] as const;

export type Turn = (typeof TURNS)[number];

const getUsualTurn = (): Turn => 'usual';

export type WaitOptions = {
  /** The request has failed before. */
  isRetry?: boolean;
  /** Is asked whenever there is a slot. */
  turn?: () => Turn;
};

/** A caller that waits for a slot. */
export type Waiter = Required<WaitOptions> & { deadline: number; resolve(hasSlot: boolean): void };

type Callbacks = {
  /** Resolves with true at the next slot, with false if none comes before `deadline`. */
  waitForSlot(deadline: number): Promise<boolean>;
  /** Gives the slot to one of those that wait, or uses it otherwise. */
  useSlot(): Promise<void>;
};

/** The callers that wait for a slot of the lane, each until its deadline. */
export type SlotLine = {
  /** Resolves with true when the caller has a slot, with false when none came before `deadline`. */
  wait(deadline: number, options?: WaitOptions): Promise<boolean>;
  first(): Waiter | undefined;
  /** The first whose request has not failed before. */
  firstFresh(): Waiter | undefined;
  leave(waiter: Waiter, hasSlot: boolean): void;
};

export function createSlotLine(clock: Clock, { waitForSlot, useSlot }: Callbacks): SlotLine {
  let waiters: readonly Waiter[] = [];
  let isServing = false;
  let lastTurn: Turn = 'usual';

  function leave(waiter: Waiter, hasSlot: boolean): void {
    waiters = waiters.filter((other) => other !== waiter);
    if (hasSlot) lastTurn = waiter.turn();
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
    wait(deadline, { isRetry = false, turn = getUsualTurn } = {}) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      waiters = [...waiters, { deadline, isRetry, turn, resolve }];
      if (!isServing) void serve();
      return promise;
    },
    first() {
      const turns = waiters.map(({ turn }) => turn());
      const order = lastTurn === 'first' ? TURNS_AFTER_FIRST : TURNS;
      const next = order.find((turn) => turns.includes(turn));
      return waiters.find((_, index) => turns[index] === next);
    },
    firstFresh: () => waiters.find(({ isRetry }) => !isRetry),
    leave,
  };
}
