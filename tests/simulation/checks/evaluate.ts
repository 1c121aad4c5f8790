import { findScenario, type JobOutcome, type Size } from '../jobs/job.ts';
import { commonThresholds } from '../scenarios/scenarios.ts';
import { checkThreshold, type ThresholdResult } from './thresholds.ts';

/** What the runs of one scenario come to. */
export type Evaluation = {
  thresholds: ThresholdResult[];
  /** What is wrong: invariants that do not hold, runs that failed, and figures that fall short. */
  problems: string[];
};

/** Compares all runs of one scenario with its thresholds; of smoke runs, those that do not need the full time. */
export function evaluate(name: string, size: Size, outcomes: readonly JobOutcome[]): Evaluation {
  const { withinSeconds = Number.POSITIVE_INFINITY, ...scenario } = findScenario(name);
  const results = outcomes.flatMap((outcome) => ('result' in outcome ? outcome.result : []));
  const thresholds = [...scenario.thresholds, ...commonThresholds]
    .filter(({ fullOnly }) => results.length > 0 && (size === 'full' || !fullOnly))
    .map((threshold) => checkThreshold(threshold, results));
  return {
    thresholds,
    problems: [
      ...outcomes.flatMap(({ job, ...outcome }) =>
        'error' in outcome ? `seed ${job.seed}: ${outcome.error}` : [],
      ),
      ...results.flatMap(({ seed, broken }) => broken.map((what) => `seed ${seed}: ${what}`)),
      ...outcomes
        .filter(({ seconds }) => size === 'full' && seconds > withinSeconds)
        .map(
          ({ job, seconds }) => `seed ${job.seed}: took ${seconds.toFixed(0)} s, wanted ≤ ${withinSeconds} s`,
        ),
      ...thresholds
        .filter(({ isMet }) => !isMet)
        .map(({ title, value, expected }) => `${title}: ${value}, wanted ${expected}`),
    ],
  };
}
