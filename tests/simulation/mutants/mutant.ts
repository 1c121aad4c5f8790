import type { TextReplacement } from './mutated-relay.ts';

/** A plausible bug, the scenario and seed that catch it, and the change that makes it. */
export type Mutant = {
  name: string;
  scenario: string;
  seed: number;
  replacements: readonly TextReplacement[];
};

export const mutant = (
  name: string,
  scenario: string,
  seed: number,
  ...replacements: readonly TextReplacement[]
): Mutant => ({
  name,
  scenario,
  seed,
  replacements,
});

export const replaceText = (file: string, from: string, to: string): TextReplacement => ({ file, from, to });
