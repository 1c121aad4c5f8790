import type { Random } from '../../../lib/runtime/clock.ts';

/** Something that goes wrong for a while, or now and then. */
export type Spell<What> = {
  /** Milliseconds since the start of the run; from the start and until the faults end unless said. */
  from?: number;
  until?: number;
  /** Which part of the calls it strikes, from 0 to 1. Unless said, all. */
  chance?: number;
  what: What;
};

/** What is wrong with the call at hand: the first of the spells that strikes. */
export function prevailing<What>(
  spells: readonly Spell<What>[],
  elapsedMs: number,
  random: Random,
): What | undefined {
  return spells.find(
    ({ from = 0, until = Number.POSITIVE_INFINITY, chance = 1 }) =>
      elapsedMs >= from && elapsedMs < until && (chance >= 1 || random() < chance),
  )?.what;
}

/** The same spells, none lasting longer than `end`. */
export const endingAt = <What>(spells: readonly Spell<What>[], end: number): Spell<What>[] =>
  spells.map((spell) => ({ ...spell, until: Math.min(spell.until ?? end, end) }));
