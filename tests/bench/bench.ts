/** One figure of a bench. */
export type Row = {
  /** What was measured, with what it is held against. */
  figure: string;
  value: number;
  unit: string;
  /** The middle half of what was measured. */
  range?: readonly [low: number, high: number];
  goal?: { atMost: number } | { atLeast: number };
};

export type BenchResult = {
  rows: Row[];
  /** What else there is to read when the bench runs by itself. */
  details?: string;
};

export type BenchOptions = {
  /** Take the time that it takes, rather than what fits into the run of all benches. */
  isLong: boolean;
};

/** It talks to this machine only, and ends by itself. */
export type Bench = (options: BenchOptions) => Promise<BenchResult>;

export function isReached({ value, goal }: Row): boolean {
  if (goal === undefined) return true;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}
