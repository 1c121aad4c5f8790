import { setTimeout as delay } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { checkDeliveries } from '../../support/deliveries.ts';
import { startMortalWorkers } from '../../support/mortal-workers.ts';
import { trackEvent } from '../../support/webhooks.ts';

/** Real processes, which are started again and again, on machines that do other work as well. */
jest.setTimeout(120_000);

const NEIGHBOURS = 30;
const FATAL_USER = 666;

/** How far the queue's time goes on while the worker waits. */
const STEP_SECONDS = 10;

test('a message that kills each worker that reads it costs only itself', async () => {
  const nodeArguments = ['--max-old-space-size=100', '--import', './tests/support/fatal-process.ts'];
  const { salesmachine, startWorker, queueEvents, depth, passSeconds, deadLetters } =
    await startMortalWorkers({ maxReceiveCount: 8, nodeArguments });
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, user) => trackEvent(user, 0));
  await queueEvents(neighbours.toSpliced(5, 0, trackEvent(FATAL_USER, 0)));

  let worker = startWorker();
  let workers = 1;
  let passed = 0;
  let deliveredAfter: number | undefined;
  while ((await deadLetters()).queued === 0) {
    if (!worker.isAlive()) {
      worker = startWorker();
      workers += 1;
    }
    if (worker.isIdle()) {
      passSeconds(STEP_SECONDS);
      passed += STEP_SECONDS;
    }
    const { queued, inFlight } = await depth();
    if (queued + inFlight <= 1) deliveredAfter ??= passed;
    // SQS looks every 20 ms whether a message that is waited for has become visible.
    await delay(50);
  }

  expect(workers).toBeGreaterThan(5);
  expect(checkDeliveries(salesmachine.applied(), NEIGHBOURS, 1)).toMatchObject({ missing: [] });
  expect(await deadLetters()).toMatchObject({ queued: 1, inFlight: 0 });
  expect(deliveredAfter).toBeLessThan(20 * 60);
});
