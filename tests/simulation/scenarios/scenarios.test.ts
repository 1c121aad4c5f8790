import { beforeAll, expect, test } from '@jest/globals';
import { evaluate } from '../checks/evaluate.ts';
import { findScenario, selectWorld } from '../jobs/job.ts';
import { runJobs } from '../jobs/run-jobs.ts';
import { scenarios } from './scenarios.ts';

const problems = new Map<string, string[]>();

beforeAll(async () => {
  const jobs = scenarios.map(({ name }) => ({ scenario: name, size: 'smoke', seed: 1 }) as const);
  await runJobs(jobs, (outcome) => {
    const { scenario } = outcome.job;
    problems.set(scenario, evaluate(scenario, 'smoke', [outcome]).problems);
  });
}, 300_000);

test.each(scenarios)(
  'in the scenario $name every invariant holds and every figure is reached',
  ({ name }) => {
    expect(problems.get(name)).toEqual([]);
  },
);

test('a scenario has a name of its own, and may be given another number of events', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  expect(selectWorld(findScenario('mixed'), { size: 'full' }).segment.events).toBe(1_000_000);
  expect(selectWorld(findScenario('mixed'), { size: 'full', events: 7 }).segment.events).toBe(7);
  expect(() => findScenario('nothing')).toThrow('No scenario is called "nothing"');
});
