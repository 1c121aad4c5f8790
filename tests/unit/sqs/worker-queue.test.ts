import { describe, expect, test } from '@jest/globals';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import { createWorkerQueue } from '../../../lib/sqs/worker-queue.ts';
import { createMessage, runToEnd, track } from '../../support/delivery.ts';
import { type EntryResult, fakeSqs } from '../../support/fake-sqs.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

type Options = Parameters<typeof fakeSqs>[1];

function setUp(options: Options = {}) {
  const time = createVirtualTime();
  const log = recordingLog();
  const sqs = fakeSqs(time, options);
  let drawn = 0;
  const queue = createWorkerQueue({
    sqs,
    queueUrl: 'main',
    random: () => ++drawn / 1_000,
    log,
  });
  return { time, log, sqs, queue };
}

const messages = (count: number) =>
  Array.from({ length: count }, (_, index) => createMessage(track('u1'), { receiptHandle: `r${index}` }));
const handlesOf = (of: readonly ReceivedMessage[]) => of.map(({ receiptHandle }) => receiptHandle);
const resultsByEntry =
  (results: Record<string, EntryResult>): ((entry: string) => EntryResult) =>
  (entry) =>
    results[entry] ?? 'taken';

describe('to receive', () => {
  test('is to ask for so many at once, hidden for so long, each time under an id of its own', async () => {
    const { time, queue, sqs } = setUp();
    await runToEnd(time, Promise.all([queue.receive(7, 105), queue.receive(10, 90)]));
    expect(sqs.receives).toMatchObject([
      { QueueUrl: 'main', MaxNumberOfMessages: 7, VisibilityTimeout: 105, WaitTimeSeconds: 0 },
      { QueueUrl: 'main', MaxNumberOfMessages: 10, VisibilityTimeout: 90, WaitTimeSeconds: 0 },
    ]);
    expect(sqs.receives[0]).toMatchObject({
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: [
        'MessageGroupId',
        'SentTimestamp',
        'ApproximateReceiveCount',
        'DeadLetterQueueSourceArn',
      ],
    });
    const ids = sqs.receives.map(({ ReceiveRequestAttemptId }) => ReceiveRequestAttemptId);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(undefined);
  });

  test('gives what SQS gives, with group, times and attributes', async () => {
    const { time, queue } = setUp({
      messages: () => [
        {
          MessageId: 'm1',
          ReceiptHandle: 'r1',
          Body: '{}',
          Attributes: { MessageGroupId: 'g1', SentTimestamp: '1767225600000', ApproximateReceiveCount: '3' },
          MessageAttributes: { acceptedAt: { DataType: 'String', StringValue: 'then' } },
        },
      ],
    });
    expect(await runToEnd(time, queue.receive(10, 90))).toEqual([
      {
        sqsMessageId: 'm1',
        receiptHandle: 'r1',
        body: '{}',
        groupId: 'g1',
        sentAt: 1_767_225_600_000,
        receiveCount: 3,
        attributes: { acceptedAt: 'then' },
      },
    ]);
  });

  test('gives nothing where SQS does not answer', async () => {
    const { time, queue, log } = setUp({
      messages: () => {
        throw Object.assign(new Error('in vain'), { name: 'TimeoutError' });
      },
    });
    expect(await runToEnd(time, queue.receive(10, 90))).toEqual([]);
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { error: 'TimeoutError' } }]);
  });
});

describe('to remove', () => {
  test('is to delete, ten to a call', async () => {
    const { time, queue, sqs } = setUp();
    const all = messages(23);
    expect(await runToEnd(time, queue.deleteMessages(all))).toEqual([]);
    expect(sqs.deletes.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(sqs.deletes.flat()).toEqual(handlesOf(all));
  });

  test('tells what may still be there: what was refused, and every message of a lost call', async () => {
    const { time, queue } = setUp({ resultFor: resultsByEntry({ r3: 'refused', r15: 'lost' }) });
    const left = await runToEnd(time, queue.deleteMessages(messages(23)));
    expect(handlesOf(left)).toEqual(['r3', ...Array.from({ length: 10 }, (_, index) => `r${10 + index}`)]);
  });
});

describe('to release', () => {
  test('is to make each message visible in its own time, ten to a call', async () => {
    const { time, queue, sqs } = setUp();
    const back = messages(12).map((message, index) => ({ message, seconds: index * 100 }));
    await runToEnd(time, queue.release(back));
    expect(sqs.visibilities.map((call) => Object.keys(call).length)).toEqual([10, 2]);
    expect(Object.assign({}, ...sqs.visibilities)).toEqual(
      Object.fromEntries(back.map(({ message, seconds }) => [message.receiptHandle, seconds])),
    );
  });

  test('is done as well as it can be: a lost call does not keep the others from being made', async () => {
    const { time, queue, sqs, log } = setUp({ resultFor: resultsByEntry({ r0: 'lost', r10: 'refused' }) });
    await runToEnd(time, queue.release(messages(12).map((message) => ({ message, seconds: 5 }))));
    expect(sqs.visibilities).toHaveLength(2);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });
});

test('what SQS answers is logged by the name of the trouble only', async () => {
  const { time, queue, log } = setUp({ resultFor: () => 'lost' });
  const all = messages(2);
  await runToEnd(
    time,
    Promise.all([queue.deleteMessages(all), queue.release(all.map((message) => ({ message, seconds: 1 })))]),
  );
  expect(log.lines).toHaveLength(2);
  for (const { fields } of log.lines) expect(fields).toEqual({ error: 'TimeoutError' });
});
