import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import { startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { getQueueDepth } from '../../lib/sqs/queue-depth.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { checkDeliveries } from '../support/deliveries.ts';
import { recordingLog } from '../support/log.ts';
import { sqsEnvironment } from '../support/sqs-environment.ts';
import { type Fault, startUnreliableSalesmachine } from '../support/unreliable-salesmachine.ts';
import { until } from '../support/until.ts';
import { trackEvent } from '../support/webhooks.ts';

/** As deployed. */
const FUNCTION_TIMEOUT_MS = 90_000;
const QUEUE_VISIBILITY_SECONDS = 540;

const USERS = 30;
const EVENTS_EACH = 3;
/** What the event source mapping hands over; all else of the first request the worker has received itself. */
const HANDED_OVER = 10;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  jest.restoreAllMocks();
});

async function setUp() {
  // SQS reads the time here, in this process; the workers have a clock of their own.
  const realNow = Date.now;
  let passedMs = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + passedMs);
  const passSeconds = (seconds: number) => {
    passedMs += seconds * 1_000;
  };

  const credential = { token: 'api-token', secret: 'api-secret' };
  const salesmachine = await startUnreliableSalesmachine(credential);
  stops.push(salesmachine.stop);
  const queues = await startLocalSqs({ visibilityTimeoutSeconds: QUEUE_VISIBILITY_SECONDS });
  stops.push(queues.stop);
  const sqs = queues.connect();

  function startWorker() {
    const child = spawn(process.execPath, ['tests/support/worker-process.ts'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...sqsEnvironment(queues),
        SALESMACHINE_URL: salesmachine.url,
        SALESMACHINE_API_TOKEN: credential.token,
        SALESMACHINE_API_SECRET: credential.secret,
        RATE_LIMIT_REQUESTS: '300',
        RATE_LIMIT_WINDOW_SECONDS: '10',
        TIMEOUT_MS: String(FUNCTION_TIMEOUT_MS),
      },
    });
    const ended = once(child, 'exit');
    const kill = async () => {
      child.kill('SIGKILL');
      const [, signal] = await ended;
      return signal;
    };
    stops.push(kill);
    return { kill };
  }

  /** The users take turns, so that each group's events are apart from each other in the queue. */
  async function queueEvents(users: readonly number[], each: number): Promise<void> {
    const messages = Array.from({ length: each }, (_, nth) =>
      users.map((user) => {
        const event = trackEvent(user, nth);
        const { userId, messageId } = event;
        return {
          body: JSON.stringify(event),
          groupId: userId,
          deduplicationId: messageId,
          attributes: { version: '1' },
        };
      }),
    ).flat();
    const ports = { sqs, queueUrl: queues.main.url, clock: systemClock, random: systemRandom };
    await sendMessages(messages, { ...ports, log: recordingLog() }, new AbortController().signal);
  }

  const isDepth = (queued: number, inFlight: number) =>
    until(`${queued} messages wait and ${inFlight} are in flight`, async () => {
      const depth = await getQueueDepth(sqs, queues.main.url);
      return depth.queued === queued && depth.inFlight === inFlight;
    });
  const deadLetters = () => getQueueDepth(sqs, queues.deadLetters.url);
  return { salesmachine, startWorker, queueEvents, isDepth, passSeconds, deadLetters };
}

test.each([
  { moment: 'before it was applied', applies: false },
  { moment: 'after it was applied', applies: true },
])(
  'what a worker held that was killed during a request, $moment, is delivered by the next one, in order',
  async ({ applies }) => {
    const { salesmachine, startWorker, queueEvents, isDepth, passSeconds, deadLetters } = await setUp();
    const hangs: Fault = { name: 'hangs', applies, end: 'hang' };
    const users = Array.from({ length: USERS }, (_, user) => user);
    await queueEvents(users, EVENTS_EACH);
    salesmachine.inject(hangs);

    const worker = startWorker();
    await until('the request is out', () => salesmachine.hits(hangs) > 0);
    // One event of each user: no more of anybody's is handed out while the first is in flight.
    await isDepth(USERS * (EVENTS_EACH - 1), USERS);
    expect(await worker.kill()).toBe('SIGKILL');
    salesmachine.inject();

    startWorker();
    const neighbour = USERS;
    await queueEvents([neighbour], EVENTS_EACH);
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
