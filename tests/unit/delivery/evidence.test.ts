import { expect, test } from '@jest/globals';
import { createBatchAttempts, createEvidence } from '../../../lib/delivery/evidence.ts';

test('a batch that always fails is suspected within 20 tries, though most other batches have a bad event, too', () => {
  const evidence = createEvidence();
  let now = 0;
  for (let index = 0; index < 60; index += 1) {
    now += 1;
    if (index % 5 === 0) evidence.recordAcceptance(now, createBatchAttempts());
    else evidence.recordFailure(now, createBatchAttempts());
  }
  const batch = createBatchAttempts();
  let tries = 0;
  while (!evidence.isSuspect(batch) && tries < 60) {
    tries += 1;
    now += 1;
    evidence.recordFailure(now, batch);
    evidence.recordAcceptance(now + 0.5);
  }
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThanOrEqual(20);
});
