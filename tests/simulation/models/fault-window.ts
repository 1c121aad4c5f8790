import type { Random } from '../../../lib/runtime/random.ts';

/** Something that goes wrong for a while, or now and then. */
export type FaultWindow<What> = {
  /** Milliseconds since the start of the run; from the start and until the faults end unless said. */
  from?: number;
  until?: number;
  /** Which part of the calls it strikes, from 0 to 1. Unless said, all. */
  chance?: number;
  what: What;
};

/** What is wrong with the call at hand: the first of the spells that strikes. */
export function activeFault<What>(
  windows: readonly FaultWindow<What>[],
  elapsedMs: number,
  random: Random,
): What | undefined {
  return windows.find(
    ({ from = 0, until = Number.POSITIVE_INFINITY, chance = 1 }) =>
      elapsedMs >= from && elapsedMs < until && (chance >= 1 || random() < chance),
  )?.what;
}

/** The same spells, none lasting longer than `end`. */
export const endFaultsAt = <What>(windows: readonly FaultWindow<What>[], end: number): FaultWindow<What>[] =>
  windows.map((window) => ({ ...window, until: Math.min(window.until ?? end, end) }));
