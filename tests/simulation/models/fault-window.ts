import type { Random } from '../../../lib/runtime/random.ts';

/** Something that goes wrong for a while, or now and then. */
export type FaultWindow<What> = {
  /** Milliseconds since the start of the run; from the start and until the faults end unless said. */
  from?: number;
  until?: number;
  /** Which part of the calls it strikes, from 0 to 1. Unless said, all. */
  chance?: number;
  /** Only calls of this path. */
  path?: string;
  what: What;
};

/** The first of the windows that strikes the call at hand. */
export function activeWindow<What>(
  windows: readonly FaultWindow<What>[],
  elapsedMs: number,
  random: Random,
  path?: string,
): FaultWindow<What> | undefined {
  return windows.find(
    ({ from = 0, until = Number.POSITIVE_INFINITY, chance = 1, path: struckPath = path }) =>
      elapsedMs >= from && elapsedMs < until && struckPath === path && (chance >= 1 || random() < chance),
  );
}

/** What is wrong with the call at hand. */
export const activeFault = <What>(...call: Parameters<typeof activeWindow<What>>): What | undefined =>
  activeWindow(...call)?.what;

/** The same windows, none lasting longer than `end`. */
export const endFaultsAt = <What>(windows: readonly FaultWindow<What>[], end: number): FaultWindow<What>[] =>
  windows.map((window) => ({ ...window, until: Math.min(window.until ?? end, end) }));
