import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, jest } from '@jest/globals';
import { startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { getQueueDepth } from '../../lib/sqs/queue-depth.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import { recordingLog } from './log.ts';
import { sqsEnvironment } from './sqs-environment.ts';
import { startUnreliableSalesmachine } from './unreliable-salesmachine.ts';
import type { trackEvent } from './webhooks.ts';

/** As deployed. */
export const FUNCTION_TIMEOUT_MS = 90_000;
export const QUEUE_VISIBILITY_SECONDS = 540;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  jest.restoreAllMocks();
});

type Options = {
  /** Of the main queue: a message that was received so often becomes a dead letter. */
  maxReceiveCount?: number;
  /** Node's own arguments for the workers. */
  nodeArguments?: readonly string[];
};

/** A queue whose time the test lets pass, Salesmachine, and workers that may die: each is a process of its own. */
export async function startMortalWorkers({ maxReceiveCount = 1_000, nodeArguments = [] }: Options = {}) {
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
  const queues = await startLocalSqs({
    visibilityTimeoutSeconds: QUEUE_VISIBILITY_SECONDS,
    maxReceiveCount,
  });
  stops.push(queues.stop);
  const sqs = queues.connect();

  function startWorker() {
    const child = spawn(process.execPath, [...nodeArguments, 'tests/support/worker-process.ts'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        ...COMPILE_CACHE,
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
    let isIdle = false;
    child.on('message', (message) => {
      isIdle = message === 'idle';
    });
    return {
      kill,
      isAlive: () => child.exitCode === null && child.signalCode === null,
      /** Whether it waits for messages. */
      isIdle: () => isIdle,
    };
  }

  async function queueEvents(events: readonly ReturnType<typeof trackEvent>[]): Promise<void> {
    const messages = events.map((event) => ({
      body: JSON.stringify(event),
      groupId: event.userId,
      deduplicationId: event.messageId,
      attributes: { version: '1' },
    }));
    const ports = { sqs, queueUrl: queues.main.url, clock: systemClock, random: systemRandom };
    await sendMessages(messages, { ...ports, log: recordingLog() }, new AbortController().signal);
  }

  const depth = () => getQueueDepth(sqs, queues.main.url);
  const deadLetters = () => getQueueDepth(sqs, queues.deadLetters.url);
  return { salesmachine, startWorker, queueEvents, depth, passSeconds, deadLetters };
}
