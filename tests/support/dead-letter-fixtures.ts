import { type DeadLetter, serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { createDeadLetterWriter } from '../../lib/dead-letters/dead-letter-writer.ts';
import {
  type ReplayOptions,
  type ReplayPorts,
  type ReplayResult,
  replay,
} from '../../lib/dead-letters/replay-dead-letters.ts';
import { parseDeadLetter, type StoredDeadLetter } from '../../lib/dead-letters/stored-dead-letter.ts';
import type { DeliveryQueue } from '../../lib/delivery/settlement.ts';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { createWorkerQueue } from '../../lib/sqs/worker-queue.ts';
import type { FaultWindow } from '../simulation/models/fault-window.ts';
import { createFifoQueue } from '../simulation/models/queue-model.ts';
import type { QueuedMessage } from '../simulation/models/queued-message.ts';
import { sqsClient } from '../simulation/models/sqs-client.ts';
import { createSqsModel, type SqsFault } from '../simulation/models/sqs-model.ts';
import { type LogLine, recordingLog } from './log.ts';
import { receiveAll } from './receive-all.ts';
import { seededRandom } from './seeded-random.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

export const DEAD_LETTERED_AT = Date.UTC(2026, 0, 2);

/** The dead letter of an event, which says its number; each number is an event of its own. */
export const createDeadLetter = (number: number, changes: Partial<DeadLetter> = {}): DeadLetter => ({
  body: JSON.stringify({
    type: 'track',
    event: 'Clicked',
    userId: `user ${number}`,
    messageId: `m${number}`,
  }),
  sourceId: `origin ${number}`,
  reason: 'rejected',
  detail: 'Salesmachine answered 422',
  status: 422,
  attempts: 1,
  deadAt: DEAD_LETTERED_AT,
  acceptedAt: new Date(DEAD_LETTERED_AT - 1_000_000 + number).toISOString(),
  messageId: `m${number}`,
  type: 'track',
  replays: 0,
  ...changes,
});

/** The same as it is read back from the queue. */
export function createStoredDeadLetter(number: number, changes: Partial<DeadLetter> = {}): StoredDeadLetter {
  const { body, groupId, attributes } = serializeDeadLetter(createDeadLetter(number, changes));
  const message = {
    sqsMessageId: `${number}`,
    receiptHandle: `${number}`,
    sentAt: DEAD_LETTERED_AT,
    receiveCount: 1,
  };
  return parseDeadLetter({ ...message, body, groupId, attributes, wasRedriven: false });
}

/** So many dead letters of as many users, numbered from `from` on. */
export const createDeadLetters = (from: number, count: number): DeadLetter[] =>
  Array.from({ length: count }, (_, index) => createDeadLetter(from + index));

/** The `messageId`s of events, sorted by their numbers: each as often as the event occurs. */
export const messageIds = (messages: readonly { body: string }[]): string[] =>
  messages
    .map(({ body }): string => JSON.parse(body).messageId)
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));

export const messageIdsFrom = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `m${from + index}`);

export type DeadLetterFixture = {
  queues: LocalSqs;
  ports: ReplayPorts;
  /** The worker's side of the main queue. */
  worker: DeliveryQueue;
  lines: LogLine[];
  /** Writes dead letters as the worker does. */
  writeDeadLetters(deadLetters: readonly DeadLetter[]): Promise<void>;
  /** Takes out of the main queue what is there. */
  queued(): Promise<ReceivedMessage[]>;
  /** Takes out of the dead letters what is visible. */
  deadLetters(): Promise<ReceivedMessage[]>;
};

/** Both queues, without a worker, on an SQS that speaks the real protocol. */
export async function createDeadLetterFixture(
  options: Parameters<typeof startLocalSqs>[0] = {},
): Promise<DeadLetterFixture> {
  const queues = await startLocalSqs(options);
  const log = recordingLog();
  const ports = {
    sqs: queues.connect(),
    queueUrl: queues.main.url,
    deadLetterQueueUrl: queues.deadLetters.url,
    clock: systemClock,
    random: systemRandom,
    log,
  };
  const reader = queues.connect();
  return {
    queues,
    ports,
    worker: { ...createWorkerQueue(ports), ...createDeadLetterWriter(ports) },
    lines: log.lines,
    async writeDeadLetters(deadLetters) {
      const toDeadLetters = { ...ports, queueUrl: queues.deadLetters.url };
      await sendMessages(deadLetters.map(serializeDeadLetter), toDeadLetters, new AbortController().signal);
    },
    queued: () => receiveAll(reader, queues.main),
    deadLetters: () => receiveAll(reader, queues.deadLetters),
  };
}

export type VirtualDeadLetterFixture = {
  time: VirtualTime;
  ports: ReplayPorts;
  worker: DeliveryQueue;
  lines: LogLine[];
  /** What was sent to the main queue, in order. */
  sent(): readonly QueuedMessage[];
  remaining(): readonly QueuedMessage[];
  /** Lets time pass until the task is done. */
  run<T>(task: Promise<T>): Promise<T>;
};

/** The same in virtual time, on a model of SQS that may be in trouble. */
export function createVirtualDeadLetterFixture(
  faults: FaultWindow<SqsFault>[] = [],
  seed = 1,
): VirtualDeadLetterFixture {
  const time = createVirtualTime(DEAD_LETTERED_AT);
  const random = seededRandom(seed);
  const settings = { visibilityMs: 540_000, retentionMs: 14 * 24 * 3_600_000 };
  const onRemoved = { redriven: () => {}, expired: () => {} };
  const main = createFifoQueue(settings, onRemoved);
  const deadLetters = createFifoQueue(settings, onRemoved);
  const log = recordingLog();
  const model = createSqsModel({ time, random, queues: { main, dead: deadLetters }, faults });
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
    worker: { ...createWorkerQueue(ports), ...createDeadLetterWriter(ports) },
    lines: log.lines,
    sent: () => [...main.contents()],
    remaining: () => [...deadLetters.contents()],
    async run(task) {
      const [result] = await Promise.allSettled([task, time.run()]);
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    },
  };
}

/** Writes the dead letters in their order, and replays. */
export async function runReplay(
  fixture: VirtualDeadLetterFixture,
  deadLetters: readonly DeadLetter[],
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  return fixture.run(
    (async () => {
      for (const deadLetter of deadLetters) await fixture.worker.writeDeadLetters([deadLetter]);
      return replay(options, fixture.ports);
    })(),
  );
}

/** No reader keeps any of the dead letters invisible. */
export const isAllVisible = (fixture: VirtualDeadLetterFixture) =>
  fixture.remaining().every(({ invisibleUntil }) => invisibleUntil === 0);
