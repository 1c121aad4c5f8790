import { type Clock, systemClock } from '../../lib/runtime/clock.ts';

export type AcceleratedClock = Clock & {
  /** From now on, time passes so many times as fast; a sleep keeps the pace that it began with. */
  accelerate(factor: number): void;
};

/** The system's clock, which can be made to run: a deadline of seconds then passes while real servers answer. */
export function createAcceleratedClock(): AcceleratedClock {
  let pace = { factor: 1, since: systemClock.now(), from: systemClock.now() };
  const now = () => pace.from + (systemClock.now() - pace.since) * pace.factor;
  return {
    now,
    sleep: (ms, signal) => systemClock.sleep(ms / pace.factor, signal),
    accelerate(factor) {
      pace = { factor, since: systemClock.now(), from: now() };
    },
  };
}
