import type { Edit } from './mutated-relay.ts';

/** A bug that somebody might write, the run that catches it, and the change that makes it. */
export type Bug = { name: string; trial: string; seed: number; edits: readonly Edit[] };

export const bug = (name: string, trial: string, seed: number, ...edits: readonly Edit[]): Bug => ({
  name,
  trial,
  seed,
  edits,
});

export const edit = (file: string, from: string, to: string): Edit => ({ file, from, to });
