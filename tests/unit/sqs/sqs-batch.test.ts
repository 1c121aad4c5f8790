import { expect, test } from '@jest/globals';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { lambda } from '../../../lib/runtime/lambda.ts';
import { sqsBatch } from '../../../lib/sqs/sqs-batch.ts';

const record = (messageId: string): SQSRecord => ({
  messageId,
  receiptHandle: `receipt of ${messageId}`,
  body: '{}',
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1767225600000',
    SenderId: 'sender',
    ApproximateFirstReceiveTimestamp: '1767225600000',
    MessageGroupId: 'group',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn',
  awsRegion: 'us-east-1',
});

const context = createLambdaContext('worker', 90_000, systemClock);

test.each([
  ['all are done', [], []],
  ['one is not', ['b'], ['b']],
  ['none is', ['a', 'b', 'c'], ['a', 'b', 'c']],
  [
    'one that was received beside the batch is not: Lambda would give the whole batch back',
    ['b', 'z'],
    ['b'],
  ],
])('what stays in the queue is reported as failed, if %s', async (_, failed, reported) => {
  const received: string[] = [];
  const run = lambda<SQSEvent>()
    .use(sqsBatch())
    .handler<SQSEvent, unknown>(async ({ messages }) => {
      received.push(...messages.map(({ sqsMessageId }) => sqsMessageId));
      return new Set(failed);
    });
  expect(await run({ Records: ['a', 'b', 'c'].map(record) }, context)).toEqual({
    batchItemFailures: reported.map((itemIdentifier) => ({ itemIdentifier })),
  });
  expect(received).toEqual(['a', 'b', 'c']);
});
