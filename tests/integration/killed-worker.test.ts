import { expect, test } from '@jest/globals';
import { checkDeliveries } from '../support/deliveries.ts';
import {
  FUNCTION_TIMEOUT_MS,
  QUEUE_VISIBILITY_SECONDS,
  startMortalWorkers,
} from '../support/mortal-workers.ts';
import type { Fault } from '../support/unreliable-salesmachine.ts';
import { until } from '../support/until.ts';
import { trackEvent } from '../support/webhooks.ts';

const USERS = 30;
const EVENTS_EACH = 3;
/** What the event source mapping hands over; all else of the first request the worker has received itself. */
const HANDED_OVER = 10;

/** The users take turns, so that each group's events are apart from each other in the queue. */
const eventsOf = (users: readonly number[]) =>
  Array.from({ length: EVENTS_EACH }, (_, nth) => users.map((user) => trackEvent(user, nth))).flat();

test.each([
  { moment: 'before it was applied', applies: false },
  { moment: 'after it was applied', applies: true },
])(
  'what a worker held that was killed during a request, $moment, is delivered by the next one, in order',
  async ({ applies }) => {
    const { salesmachine, startWorker, queueEvents, depth, passSeconds, deadLetters } =
      await startMortalWorkers();
    const isDepth = (queued: number, inFlight: number) =>
      until(`${queued} messages wait and ${inFlight} are in flight`, async () => {
        const now = await depth();
        return now.queued === queued && now.inFlight === inFlight;
      });
    const hangs: Fault = { name: 'hangs', applies, end: 'hang' };
    const users = Array.from({ length: USERS }, (_, user) => user);
    await queueEvents(eventsOf(users));
    salesmachine.inject(hangs);

    const worker = startWorker();
    await until('the request is out', () => salesmachine.hits(hangs) > 0);
    // One event of each user: no more of anybody's is handed out while the first is in flight.
    await isDepth(USERS * (EVENTS_EACH - 1), USERS);
    expect(await worker.kill()).toBe('SIGKILL');
    salesmachine.inject();

    startWorker();
    const neighbour = USERS;
    await queueEvents(eventsOf([neighbour]));
    await isDepth(USERS * (EVENTS_EACH - 1), USERS);

    // What the worker had received itself is hidden for the rest of its time and a little more.
    passSeconds(FUNCTION_TIMEOUT_MS / 1_000 + 15);
    await isDepth(HANDED_OVER * (EVENTS_EACH - 1), HANDED_OVER);

    passSeconds(QUEUE_VISIBILITY_SECONDS);
    await isDepth(0, 0);

    const repeated = new Set(salesmachine.unconfirmed().map(({ messageId }) => messageId));
    expect(repeated.size).toBe(applies ? USERS : 0);
    expect(checkDeliveries(salesmachine.applied(), USERS + 1, EVENTS_EACH)).toEqual({
      missing: [],
      outOfOrder: [],
      twice: repeated,
    });
    expect(await deadLetters()).toMatchObject({ queued: 0, inFlight: 0 });
  },
);
