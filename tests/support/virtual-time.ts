import type { Clock } from '../../lib/runtime/clock.ts';
import { createHeap } from './heap.ts';

/** A clock whose time passes only when everything waits for it. */
export type VirtualTime = Clock & {
  /** Calls back after `ms`, like `setTimeout`: in whole milliseconds, one at least. Returns what cancels it. */
  schedule(ms: number, wake: () => void): () => void;
  /**
   * Lets time pass until nothing waits for it any more, or until `until` (milliseconds since the epoch).
   *
   * What is simulated may wait for this clock, for promises and for nothing else: one macrotask never separates a
   * cause from its effect.
   *
   * @throws where something loops without waiting: the error's stack shows where it looked at the clock.
   */
  run(until?: number): Promise<void>;
  /** How many timers have gone off. */
  wakes(): number;
};

type Timer = { at: number; order: number; wake: (() => void) | undefined };

/** Every so many instants the event loop gets a turn, so that signals and a test's time-out still work. */
const INSTANTS_PER_MACROTASK = 10_000;

/** Far more than a busy instant needs. What gets here is a loop that would burn a real processor. */
const MAX_CLOCK_READS_PER_INSTANT = 1_000_000;

export function createVirtualTime(start: number = Date.UTC(2026, 0, 1)): VirtualTime {
  const timers = createHeap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  let now = start;
  let order = 0;
  let wakes = 0;
  let clockReads = 0;
  let stuck: Error | undefined;

  const readNow = () => {
    clockReads += 1;
    if (clockReads > MAX_CLOCK_READS_PER_INSTANT) {
      stuck ??= new Error('Time stands still: something looks at the clock again and again without waiting.');
      throw stuck;
    }
    return now;
  };

  const schedule = (ms: number, wake: () => void) => {
    order += 1;
    const timer: Timer = { at: now + Math.max(1, Math.trunc(ms)), order, wake };
    timers.push(timer);
    return () => {
      timer.wake = undefined;
    };
  };

  /** The earliest timer that has not been cancelled. */
  const findNext = (): Timer | undefined => {
    while (timers.peek() && !timers.peek()?.wake) timers.pop();
    return timers.peek();
  };

  /** Wakes all that is due at the next instant, in the order in which it was scheduled; false if nothing is. */
  const step = (until: number): boolean => {
    if (stuck) throw stuck;
    const next = findNext();
    if (!next || next.at > until) return false;
    now = next.at;
    clockReads = 0;
    for (let timer: Timer | undefined = next; timer?.at === now; timer = findNext()) {
      timers.pop();
      wakes += 1;
      timer.wake?.();
    }
    return true;
  };

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      if (!signal) {
        schedule(ms, resolve);
        return;
      }
      const onAbort = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = schedule(ms, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });

  const run = (until = Number.POSITIVE_INFINITY): Promise<void> =>
    new Promise((resolve, reject) => {
      let instants = 0;
      const end = () => {
        if (until !== Number.POSITIVE_INFINITY) now = Math.max(now, until);
        resolve();
      };
      const turn = () => {
        try {
          if (!step(until)) return end();
          instants += 1;
          if (instants % INSTANTS_PER_MACROTASK === 0) setImmediate(turn);
          else afterMicrotasks(turn);
        } catch (error) {
          reject(error);
        }
      };
      afterMicrotasks(turn);
    });

  return { now: readNow, sleep, schedule, run, wakes: () => wakes };
}

/**
 * Calls back once no promise has a reaction left to run. Node empties the queue of microtasks before it looks at the
 * ticks again, so a tick asked for by a microtask comes after all of them; that is some ten times as fast as a turn of
 * the event loop.
 */
function afterMicrotasks(then: () => void): void {
  queueMicrotask(() => process.nextTick(then));
}
