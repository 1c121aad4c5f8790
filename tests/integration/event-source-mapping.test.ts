import { randomUUID } from 'node:crypto';
import { ReceiveMessageCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { createEventSourceMapping, type EventSourceMapping } from '../../lib/local/event-source-mapping.ts';
import { type LocalQueues, startQueues } from '../../lib/local/queues.ts';
import { depthOf } from '../../lib/queue/depth.ts';
import { recordingLog } from '../helpers/log.ts';
import { until } from '../helpers/until.ts';

type Invoke = (lane: number, event: SQSEvent, context: Context) => Promise<unknown>;
type Options = { lanes?: number; clock?: Clock; functionTimeoutMs?: number };

const parts: (Pick<LocalQueues, 'stop'> | EventSourceMapping)[] = [];

afterEach(async () => {
  for (const part of parts.splice(0).reverse()) await part.stop();
});

async function setUp(queueOptions: Parameters<typeof startQueues>[0] = {}) {
  const queues = await startQueues(queueOptions);
  parts.push(queues);
  const sqs = queues.connect();
  const log = recordingLog();

  function start(
    invoke: Invoke,
    { lanes = 1, clock = systemClock, functionTimeoutMs = 90_000 }: Options = {},
  ) {
    const mapping = createEventSourceMapping({
      sqs,
      queue: queues.main,
      lanes,
      functionTimeoutMs,
      clock,
      log,
      invoke,
    });
    parts.push(mapping);
    mapping.start();
    return mapping;
  }

  const depth = () => depthOf(sqs, queues.main.url);
  const settles = (queued: number, inFlight: number) =>
    until(`${queued} messages wait and ${inFlight} are in flight`, async () => {
      const now = await depth();
      return now.queued === queued && now.inFlight === inFlight;
    });
  return { queues, sqs, log, start, depth, settles };
}

/** Messages of one group each, unless `groupOf` says otherwise; a body is its message's number. */
async function send(
  sqs: SQSClient,
  url: string,
  count: number,
  groupOf = (index: number) => `group-${index}`,
) {
  for (let first = 0; first < count; first += 10) {
    const Entries = Array.from({ length: Math.min(10, count - first) }, (_, offset) => ({
      Id: String(offset),
      MessageBody: String(first + offset),
      MessageGroupId: groupOf(first + offset),
      MessageDeduplicationId: randomUUID(),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
  }
}

const identifiers = (records: readonly SQSRecord[]) =>
  records.map(({ messageId }) => ({ itemIdentifier: messageId }));

test('a message reaches the function as Lambda hands it over', async () => {
  const { queues, sqs, start, settles } = await setUp();
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queues.main.url,
      Entries: [
        {
          Id: '0',
          MessageBody: '{"type":"track"}',
          MessageGroupId: 'a-group',
          MessageDeduplicationId: 'an-id',
          MessageAttributes: {
            version: { DataType: 'String', StringValue: '1' },
            bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
          },
        },
      ],
    }),
  );
  const invocations: { event: SQSEvent; context: Context }[] = [];
  start(async (_, event, context) => void invocations.push({ event, context }));
  await settles(0, 0);

  const text = expect.stringMatching(/./);
  expect(invocations.map(({ event }) => event)).toEqual([
    {
      Records: [
        {
          messageId: text,
          receiptHandle: text,
          body: '{"type":"track"}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: text,
            SequenceNumber: text,
            MessageGroupId: 'a-group',
            MessageDeduplicationId: 'an-id',
          },
          messageAttributes: {
            version: { stringValue: '1', stringListValues: [], binaryListValues: [], dataType: 'String' },
            bytes: { binaryValue: 'AP8=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
          },
          md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: queues.main.arn,
          awsRegion: 'us-east-1',
        },
      ],
    },
  ]);
  expect(invocations[0]?.context.functionName).toBe('worker');
});

test('reported messages stay in the queue, and their neighbours are deleted', async () => {
  const { queues, sqs, start, settles } = await setUp();
  await send(sqs, queues.main.url, 10);
  const failed: string[] = [];
  start(async (_, { Records }) => {
    const failures = Records.filter(({ body }) => Number(body) % 3 === 0);
    failed.push(...failures.map(({ body }) => body));
    return { batchItemFailures: identifiers(failures) };
  });
  await settles(0, 4);
  expect(failed).toEqual(['0', '3', '6', '9']);
});

test('a reported message comes back when its visibility ends, with the others of its group behind it', async () => {
  const { queues, sqs, start, settles } = await setUp({ visibilityTimeoutSeconds: 1 });
  await send(sqs, queues.main.url, 3, () => 'one-group');
  const received: string[] = [];
  start(async (_, { Records }) => {
    received.push(...Records.map(({ body }) => body));
    return { batchItemFailures: received.length === 1 ? identifiers(Records) : [] };
  });
  await settles(0, 0);
  expect(received).toEqual(['0', '0', '1', '2']);
});

test.each<[string, Invoke]>([
  ['throws', () => Promise.reject(new Error('broken'))],
  [
    'throws at once',
    () => {
      throw new Error('broken');
    },
  ],
  ['takes too long', () => new Promise(() => undefined)],
  ['answers with a string', async () => 'done'],
  ['reports an unknown message', async () => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] })],
  [
    'reports one message well and one under a misspelt name',
    async (_, { Records }) => ({ batchItemFailures: [...identifiers(Records).slice(0, 1), { itemId: 'x' }] }),
  ],
])('a function that %s: its whole batch comes back, and the next one is handled', async (_, fault) => {
  const { queues, sqs, log, start, settles } = await setUp();
  await send(sqs, queues.main.url, 15);
  let invocations = 0;
  start(
    (lane, event, context) =>
      invocations++ === 0 ? fault(lane, event, context) : Promise.resolve(undefined),
    {
      functionTimeoutMs: 200,
    },
  );
  await settles(0, 10);
  expect(invocations).toBe(2);
  expect(log.lines.every(({ level }) => level === 'error')).toBe(true);
});

test('as many invocations run at once as there are lanes, each lane one, each with ten messages at most', async () => {
  const { queues, sqs, start, settles } = await setUp();
  await send(sqs, queues.main.url, 100);
  const allLanes = Promise.withResolvers<void>();
  const running = new Set<number>();
  const sizes: number[] = [];
  let most = 0;
  start(
    async (lane, { Records }) => {
      expect(running.has(lane)).toBe(false);
      running.add(lane);
      sizes.push(Records.length);
      most = Math.max(most, running.size);
      if (running.size === 3) allLanes.resolve();
      await allLanes.promise;
      running.delete(lane);
    },
    { lanes: 3 },
  );
  await settles(0, 0);
  expect(most).toBe(3);
  expect(Math.max(...sizes)).toBe(10);
});

test("a group's messages come one after another and in order, whatever the lanes", async () => {
  const { queues, sqs, start, settles } = await setUp();
  await send(sqs, queues.main.url, 40, (index) => `group-${index % 4}`);
  const order: Record<string, number[]> = {};
  start(
    async (_, { Records }) => {
      for (const { body, attributes } of Records) {
        order[attributes.MessageGroupId ?? ''] = [
          ...(order[attributes.MessageGroupId ?? ''] ?? []),
          Number(body),
        ];
      }
    },
    { lanes: 3 },
  );
  await settles(0, 0);
  expect(Object.values(order).flat()).toHaveLength(40);
  for (const numbers of Object.values(order)) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test('a message that was received too often goes to the dead letters, and its neighbours are delivered', async () => {
  // Without any visibility time-out, what failed comes back at once.
  const { queues, sqs, start, settles } = await setUp({ visibilityTimeoutSeconds: 0, maxReceiveCount: 3 });
  await send(sqs, queues.main.url, 3);
  const receives: string[] = [];
  start(async (_, { Records }) => {
    receives.push(...Records.map(({ body }) => body));
    return { batchItemFailures: identifiers(Records.filter(({ body }) => body === '1')) };
  });
  await settles(0, 0);
  expect(await depthOf(sqs, queues.deadLetters.url)).toEqual({ queued: 1, inFlight: 0 });
  expect(receives.filter((body) => body === '1')).toHaveLength(3);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queues.deadLetters.url }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['1']);
});

test('a stop waits for the running invocation, whose messages are deleted', async () => {
  const { queues, sqs, start, depth } = await setUp();
  await send(sqs, queues.main.url, 1);
  const started = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const mapping = start(() => {
    started.resolve();
    return released.promise;
  });
  await started.promise;
  const stopped = mapping.stop();
  released.resolve();
  await stopped;
  expect(await depth()).toEqual({ queued: 0, inFlight: 0 });
});

test('a stop does not wait for ever: the messages of an invocation that hangs stay in the queue', async () => {
  const { queues, sqs, log, start, depth } = await setUp();
  await send(sqs, queues.main.url, 2);
  const started = Promise.withResolvers<void>();
  const timesUp = Promise.withResolvers<void>();
  const clock: Clock = {
    now: () => 0,
    sleep: (ms) => (ms < 90_000 ? timesUp.promise : new Promise(() => undefined)),
  };
  const mapping = start(
    () => {
      started.resolve();
      return new Promise(() => undefined);
    },
    { clock },
  );
  await started.promise;
  const stopped = mapping.stop();
  timesUp.resolve();
  await stopped;
  expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
  expect(await depth()).toEqual({ queued: 0, inFlight: 2 });
});

test('nothing is received after a stop', async () => {
  const { queues, sqs, start, depth } = await setUp();
  const received: string[] = [];
  const mapping = start(async (_, { Records }) => void received.push(...Records.map(({ body }) => body)));
  await send(sqs, queues.main.url, 1);
  await until('the first message is there', () => received.length > 0);
  await mapping.stop();
  await send(sqs, queues.main.url, 3);
  expect(received).toEqual(['0']);
  const { queued, inFlight } = await depth();
  // The broken-off receive may still have taken one, as SQS itself would let it.
  expect(queued + inFlight).toBe(3);
});

test('a receive that fails is tried again', async () => {
  const { queues, sqs, log, start, settles } = await setUp();
  await send(sqs, queues.main.url, 2);
  let receives = 0;
  sqs.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'ReceiveMessageCommand' && receives++ === 0) throw new Error('SQS is away');
        return next(args);
      },
    { step: 'initialize' },
  );
  const clock: Clock = {
    now: systemClock.now,
    sleep: (ms, signal) => (ms < 1_000 ? Promise.resolve() : systemClock.sleep(ms, signal)),
  };
  start(async () => undefined, { clock });
  await settles(0, 0);
  expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
});
