import { type DeadLetter, deadLetterMessage } from '../../lib/dead-letters/dead-letter.ts';
import type { ReplayPorts } from '../../lib/dead-letters/replay-dead-letters.ts';
import { type LocalQueues, startQueues } from '../../lib/local/aws/local-sqs.ts';
import { systemClock, systemRandom } from '../../lib/runtime/clock.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import { sendAll } from '../../lib/sqs/send-messages.ts';
import { createQueue, type Queue } from '../../lib/sqs/worker-queue.ts';
import type { Spell } from '../simulation/models/fault-window.ts';
import { createFifoQueue, type QueuedMessage } from '../simulation/models/queue-model.ts';
import { sqsClient } from '../simulation/models/sqs-client.ts';
import { createSqsModel, type SqsTrouble } from '../simulation/models/sqs-model.ts';
import { seededRandom } from '../simulation/seeded-random.ts';
import { createVirtualTime, type VirtualTime } from '../simulation/virtual-time.ts';
import { type LogLine, recordingLog } from './log.ts';
import { receiveAll } from './receive-all.ts';

export const DIED_AT = Date.UTC(2026, 0, 2);

/** The dead letter of an event, which says its number; each number is an event of its own. */
export const numbered = (number: number, changes: Partial<DeadLetter> = {}): DeadLetter => ({
  body: JSON.stringify({
    type: 'track',
    event: 'Clicked',
    userId: `user ${number}`,
    messageId: `m${number}`,
  }),
  origin: `origin ${number}`,
  reason: 'rejected',
  detail: 'Salesmachine answered 422',
  status: 422,
  attempts: 1,
  deadAt: DIED_AT,
  acceptedAt: new Date(DIED_AT - 1_000_000 + number).toISOString(),
  messageId: `m${number}`,
  type: 'track',
  replays: 0,
  ...changes,
});

/** So many letters of as many users, numbered from `from` on. */
export const numberedFrom = (from: number, count: number): DeadLetter[] =>
  Array.from({ length: count }, (_, index) => numbered(from + index));

/** The `messageId`s of events, sorted by their numbers: each as often as the event occurs. */
export const messageIds = (messages: readonly { body: string }[]): string[] =>
  messages
    .map(({ body }): string => JSON.parse(body).messageId)
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));

export const idsFrom = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `m${from + index}`);

export type LetterBox = {
  queues: LocalQueues;
  ports: ReplayPorts;
  /** The worker's side of the main queue. */
  worker: Queue;
  lines: LogLine[];
  /** Writes letters as the worker does. */
  bury(letters: readonly DeadLetter[]): Promise<void>;
  /** Takes out of the main queue what is there. */
  queued(): Promise<ReceivedMessage[]>;
  /** Takes out of the dead letters what is visible. */
  deadLetters(): Promise<ReceivedMessage[]>;
};

/** Both queues, with nobody at them, on an SQS that speaks the real protocol. */
export async function openLetterBox(options: Parameters<typeof startQueues>[0] = {}): Promise<LetterBox> {
  const queues = await startQueues(options);
  const log = recordingLog();
  const ports = {
    sqs: queues.connect(),
    queueUrl: queues.main.url,
    deadLetterQueueUrl: queues.deadLetters.url,
    clock: systemClock,
    random: systemRandom,
    log,
  };
  const bystander = queues.connect();
  return {
    queues,
    ports,
    worker: createQueue(ports),
    lines: log.lines,
    async bury(letters) {
      const toDeadLetters = { ...ports, queueUrl: queues.deadLetters.url };
      await sendAll(letters.map(deadLetterMessage), toDeadLetters, AbortSignal.timeout(30_000));
    },
    queued: () => receiveAll(bystander, queues.main),
    deadLetters: () => receiveAll(bystander, queues.deadLetters),
  };
}

export type VirtualLetterBox = {
  time: VirtualTime;
  ports: ReplayPorts;
  worker: Queue;
  lines: LogLine[];
  /** What was sent to the main queue, in order. */
  sent(): readonly QueuedMessage[];
  left(): readonly QueuedMessage[];
  /** Lets time pass until the task is done. */
  run<T>(task: Promise<T>): Promise<T>;
};

/** The same in virtual time, on a model of SQS that may be in trouble. */
export function openVirtualLetterBox(troubles: Spell<SqsTrouble>[] = [], seed = 1): VirtualLetterBox {
  const time = createVirtualTime(DIED_AT);
  const random = seededRandom(seed);
  const settings = { visibilityMs: 540_000, retentionMs: 14 * 24 * 3_600_000 };
  const departures = { redriven: () => {}, expired: () => {} };
  const main = createFifoQueue(settings, departures);
  const dead = createFifoQueue(settings, departures);
  const log = recordingLog();
  const model = createSqsModel({ time, random, queues: { main, dead }, troubles });
  const ports = {
    sqs: sqsClient(model),
    queueUrl: 'main',
    deadLetterQueueUrl: 'dead',
    clock: time,
    random,
    log,
  };
  return {
    time,
    ports,
    worker: createQueue(ports),
    lines: log.lines,
    sent: () => [...main.contents()],
    left: () => [...dead.contents()],
    async run(task) {
      const [result] = await Promise.allSettled([task, time.run()]);
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    },
  };
}
