import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';

let queues: LocalSqs;
afterEach(() => queues.stop());

/** Longer than a deployed function waits for SQS. */
const STALL_MS = 3_000;

/** As a closed lid does, or a machine that is busy with other things. */
const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test('messages that are received while the process stalls arrive, and are not invisible for minutes', async () => {
  queues = await startLocalSqs();
  const sqs = queues.connect();
  const QueueUrl = queues.main.url;
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: '{}',
      MessageGroupId: 'ada',
      MessageDeduplicationId: '1',
    }),
  );
  const received = sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  // The request is on its way: its time-out runs.
  await new Promise((resolve) => setImmediate(resolve));
  stall(STALL_MS);
  expect((await received).Messages).toHaveLength(1);
});
