import type { Clock } from '../../lib/runtime/clock.ts';
import { patientClock } from './patient-clock.ts';

export type AcceleratedClock = Clock & {
  /** From now on, time passes so many times as fast; a sleep keeps the pace that it began with. */
  accelerate(factor: number): void;
};

/** The patient clock, which can be made to run: a deadline of seconds then passes while real servers answer. */
export function createAcceleratedClock(): AcceleratedClock {
  let pace = { factor: 1, since: patientClock.now(), from: patientClock.now() };
  const now = () => pace.from + (patientClock.now() - pace.since) * pace.factor;
  return {
    now,
    sleep: (ms, signal) => patientClock.sleep(ms / pace.factor, signal),
    accelerate(factor) {
      pace = { factor, since: patientClock.now(), from: now() };
    },
  };
}
