import type { TextReplacement } from './mutated-relay.ts';

/** A bug that somebody might write, the run that catches it, and the change that makes it. */
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
