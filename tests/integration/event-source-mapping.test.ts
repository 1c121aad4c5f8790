import { ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import type { Context, SQSEvent } from 'aws-lambda';
import { type Clock, systemClock } from '../../lib/runtime/clock.ts';
import { getQueueDepth } from '../../lib/sqs/queue-depth.ts';
import { type Invoke, send, setUpMapping, toBatchItemFailures } from '../support/event-source-mapping.ts';

test('a message reaches the function as Lambda hands it over', async () => {
  const { queues, sqs, start, untilDepth } = await setUpMapping();
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
  await untilDepth(0, 0);

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
  const { queues, sqs, start, untilDepth } = await setUpMapping();
  await send(sqs, queues.main.url, 10);
  const failed: string[] = [];
  start(async (_, { Records }) => {
    const failures = Records.filter(({ body }) => Number(body) % 3 === 0);
    failed.push(...failures.map(({ body }) => body));
    return { batchItemFailures: toBatchItemFailures(failures) };
  });
  await untilDepth(0, 4);
  expect(failed).toEqual(['0', '3', '6', '9']);
});

test('a reported message comes back when its visibility ends, with the others of its group behind it', async () => {
  const { queues, sqs, start, untilDepth } = await setUpMapping({ visibilityTimeoutSeconds: 1 });
  await send(sqs, queues.main.url, 3, () => 'one-group');
  const received: string[] = [];
  start(async (_, { Records }) => {
    received.push(...Records.map(({ body }) => body));
    return { batchItemFailures: received.length === 1 ? toBatchItemFailures(Records) : [] };
  });
  await untilDepth(0, 0);
  expect(received).toEqual(['0', '0', '1', '2']);
});

test.each<[string, Invoke, logged: 'function failed'[]]>([
  ['throws', () => Promise.reject(new Error('broken')), ['function failed']],
  [
    'throws at once',
    () => {
      throw new Error('broken');
    },
    ['function failed'],
  ],
  ['takes too long', () => new Promise(() => undefined), ['function failed']],
  ['answers with a string', async () => 'done', []],
  ['reports an unknown message', async () => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] }), []],
  [
    'reports one message well and one under a misspelt name',
    async (_, { Records }) => ({
      batchItemFailures: [...toBatchItemFailures(Records).slice(0, 1), { itemId: 'x' }],
    }),
    [],
  ],
])(
  'a function that %s: its whole batch comes back, and the next one is handled',
  async (_, fault, logged) => {
    const { queues, sqs, log, start, untilDepth } = await setUpMapping();
    await send(sqs, queues.main.url, 15);
    let invocations = 0;
    start(
      (lane, event, context) =>
        invocations++ === 0 ? fault(lane, event, context) : Promise.resolve(undefined),
      {
        functionTimeoutMs: 200,
      },
    );
    await untilDepth(0, 10);
    expect(invocations).toBe(2);
    expect(log.lines.map(({ message }) => message)).toEqual(logged);
  },
);

test('as many invocations run at once as there are lanes, each lane one, each with ten messages at most', async () => {
  const { queues, sqs, start, untilDepth } = await setUpMapping();
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
  await untilDepth(0, 0);
  expect(most).toBe(3);
  expect(Math.max(...sizes)).toBe(10);
});

test("a group's messages come one after another and in order, whatever the lanes", async () => {
  const { queues, sqs, start, untilDepth } = await setUpMapping();
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
  await untilDepth(0, 0);
  expect(Object.values(order).flat()).toHaveLength(40);
  for (const numbers of Object.values(order)) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test('a message that was received too often goes to the dead letters, and its neighbours are delivered', async () => {
  // Without any visibility time-out, what failed comes back at once.
  const { queues, sqs, start, untilDepth } = await setUpMapping({
    visibilityTimeoutSeconds: 0,
    maxReceiveCount: 3,
  });
  await send(sqs, queues.main.url, 3);
  const receives: string[] = [];
  start(async (_, { Records }) => {
    receives.push(...Records.map(({ body }) => body));
    return { batchItemFailures: toBatchItemFailures(Records.filter(({ body }) => body === '1')) };
  });
  await untilDepth(0, 0);
  expect(await getQueueDepth(sqs, queues.deadLetters.url)).toEqual({ queued: 1, inFlight: 0 });
  expect(receives.filter((body) => body === '1')).toHaveLength(3);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queues.deadLetters.url }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['1']);
});

test('a receive that fails is tried again', async () => {
  const { queues, sqs, log, start, untilDepth } = await setUpMapping();
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
  await untilDepth(0, 0);
  expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
});
