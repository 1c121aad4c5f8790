import { beforeAll, expect, test } from '@jest/globals';
import { judge } from '../checks/evaluate.ts';
import { scenarioOf, trialOf } from '../job.ts';
import { runJobs } from '../threads.ts';
import { trials } from './scenarios.ts';

const problems = new Map<string, string[]>();

beforeAll(async () => {
  const jobs = trials.map(({ name }) => ({ trial: name, size: 'brief', seed: 1 }) as const);
  await runJobs(jobs, (outcome) => {
    const { trial } = outcome.job;
    problems.set(trial, judge(trial, 'brief', [outcome]).problems);
  });
}, 300_000);

test.each(trials)('in the scenario $name every invariant holds and every figure is reached', ({ name }) => {
  expect(problems.get(name)).toEqual([]);
});

test('a scenario has a name of its own, and may be given another number of events', () => {
  expect(new Set(trials.map(({ name }) => name)).size).toBe(trials.length);
  expect(scenarioOf(trialOf('mixed'), { size: 'whole' }).segment.events).toBe(1_000_000);
  expect(scenarioOf(trialOf('mixed'), { size: 'whole', events: 7 }).segment.events).toBe(7);
  expect(() => trialOf('nothing')).toThrow('No scenario is called "nothing"');
});
