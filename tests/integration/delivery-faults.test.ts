import { expect, test } from '@jest/globals';
import { runFaults } from '../support/fault-run.ts';
import { FAULTS } from '../support/unreliable-salesmachine.ts';

test('whatever Salesmachine suffers from, everything arrives in order, and nothing twice without a cause', async () => {
  const { hits, repetitions, repetitionsLogged, ...run } = await runFaults({
    events: 1_500,
    users: 100,
    timeoutMs: 5_000,
    haste: 5,
  });

  expect(run).toMatchObject({ missing: [], outOfOrder: [], unexplained: [], deadLettered: 0 });
  expect(repetitionsLogged).toBeGreaterThanOrEqual(repetitions);
  // Every fault was there, and those that must make duplicates made them, or else this would prove nothing.
  expect(Object.values(hits).filter((requests) => requests > 0)).toHaveLength(FAULTS.length);
  expect(repetitions).toBeGreaterThan(0);
});
