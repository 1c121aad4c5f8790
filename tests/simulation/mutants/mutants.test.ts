import { beforeAll, describe, expect, test } from '@jest/globals';
import { judge } from '../checks/evaluate.ts';
import { runJobs } from '../threads.ts';
import { bugs } from './mutants.ts';
import { changedRelay } from './mutated-relay.ts';

const caughtBy = new Map<string, string[]>();

// The same runs without a bug have no problems: the test of the scenarios says so.
beforeAll(async () => {
  const jobs = bugs.map(({ name, trial, seed }) => ({ bug: name, trial, seed, size: 'brief' }) as const);
  await runJobs(jobs, (outcome) => {
    const { bug = '', trial } = outcome.job;
    caughtBy.set(bug, 'error' in outcome ? [] : judge(trial, 'brief', [outcome]).problems);
  });
}, 300_000);

describe('the simulation notices that', () => {
  test.each(bugs)('$name', ({ name }) => {
    expect(caughtBy.get(name)).not.toEqual([]);
  });
});

test('a bug that no longer fits the code is an error', async () => {
  const edit = { file: 'lib/delivery/backoff.ts', from: 'no such text', to: '' };
  await expect(changedRelay([edit])).rejects.toThrow('holds "no such text" 0 times');
});
