import { beforeAll, describe, expect, test } from '@jest/globals';
import { evaluate } from '../checks/evaluate.ts';
import { runJobs } from '../jobs/run-jobs.ts';
import { mutants } from './mutants.ts';
import { buildMutatedRelay } from './mutated-relay.ts';

const caughtBy = new Map<string, string[]>();

// The same runs without a bug have no problems: the test of the scenarios says so.
beforeAll(async () => {
  const jobs = mutants.map(
    ({ name, scenario, seed }) => ({ mutant: name, scenario, seed, size: 'smoke' }) as const,
  );
  await runJobs(jobs, (outcome) => {
    const { mutant = '', scenario } = outcome.job;
    caughtBy.set(mutant, 'error' in outcome ? [] : evaluate(scenario, 'smoke', [outcome]).problems);
  });
}, 300_000);

describe('the simulation notices that', () => {
  test.each(mutants)('$name', ({ name }) => {
    expect(caughtBy.get(name)?.length).toBeGreaterThan(0);
  });
});

test('a bug that no longer fits the code is an error', async () => {
  const replacement = { file: 'lib/delivery/backoff.ts', from: 'no such text', to: '' };
  await expect(buildMutatedRelay([replacement])).rejects.toThrow('holds "no such text" 0 times');
});
