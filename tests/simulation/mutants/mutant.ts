import type { Relay } from '../simulation.ts';
import type { TextReplacement } from './mutated-relay.ts';

/** A plausible bug, and the scenario and seed that catch it. */
export type Mutant = { name: string; scenario: string; seed: number; change: MutantChange };

/** How the bug is made: by what goes between the relay and the world, or, where no port is, by other source text. */
export type MutantChange = { wrap: Wrap } | { replacements: readonly TextReplacement[] };

export type Wrap = (relay: Relay) => Relay;

export const wrapRelay = (name: string, scenario: string, wrap: Wrap, seed = 1): Mutant => ({
  name,
  scenario,
  seed,
  change: { wrap },
});

export const editSource = (
  name: string,
  scenario: string,
  ...replacements: readonly TextReplacement[]
): Mutant => ({ name, scenario, seed: 1, change: { replacements } });

export const replaceText = (file: string, from: string, to: string): TextReplacement => ({ file, from, to });
