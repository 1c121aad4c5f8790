import { performance } from 'node:perf_hooks';
import { type Clock, systemClock } from '../../lib/runtime/clock.ts';

/** What this process has waited for, and what it has had of a processor, in milliseconds. */
function experiencedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return performance.eventLoopUtilization().idle + (user + system) / 1_000;
}

const offset = systemClock.now() - experiencedMs();

/**
 * Time as this process experiences it: it passes while the process waits or computes, and stands still while others
 * have the processor. So no deadline passes because the machine is busy.
 */
export const patientClock: Clock = {
  now: () => Math.floor(offset + experiencedMs()),
  async sleep(ms, signal) {
    const wakeAt = patientClock.now() + ms;
    do await systemClock.sleep(Math.max(0, wakeAt - patientClock.now()), signal);
    while (patientClock.now() < wakeAt);
  },
};
