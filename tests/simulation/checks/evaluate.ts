import { type Outcome, type Size, trialOf } from '../job.ts';
import { always } from '../scenarios/scenarios.ts';
import { type Measured, measured } from './thresholds.ts';

/** What the runs of one trial come to. */
export type Verdict = {
  figures: Measured[];
  /** What is wrong: invariants that do not hold, runs that failed, and figures that fall short. */
  problems: string[];
};

/** Judges all runs of one trial; the figures of a shorter one only as far as they do not need the time. */
export function judge(name: string, size: Size, outcomes: readonly Outcome[]): Verdict {
  const { withinSeconds = Number.POSITIVE_INFINITY, ...trial } = trialOf(name);
  const results = outcomes.flatMap((outcome) => ('result' in outcome ? outcome.result : []));
  const figures = [...trial.figures, ...always]
    .filter(({ needsTime }) => results.length > 0 && (size === 'whole' || !needsTime))
    .map((figure) => measured(figure, results));
  return {
    figures,
    problems: [
      ...outcomes.flatMap(({ job, ...outcome }) =>
        'error' in outcome ? `seed ${job.seed}: ${outcome.error}` : [],
      ),
      ...results.flatMap(({ seed, broken }) => broken.map((what) => `seed ${seed}: ${what}`)),
      ...outcomes
        .filter(({ seconds }) => size === 'whole' && seconds > withinSeconds)
        .map(
          ({ job, seconds }) => `seed ${job.seed}: took ${seconds.toFixed(0)} s, wanted ≤ ${withinSeconds} s`,
        ),
      ...figures
        .filter(({ isReached }) => !isReached)
        .map(({ title, value, wanted }) => `${title}: ${value}, wanted ${wanted}`),
    ],
  };
}
