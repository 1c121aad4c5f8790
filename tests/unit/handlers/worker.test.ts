import { expect, test } from '@jest/globals';
import { createWorker } from '../../../handlers/worker.ts';
import { readWorkerConfig } from '../../../lib/config/config.ts';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { toSqsRecord } from '../../../lib/local/aws/sqs-record.ts';
import { createResponse, fakeSalesmachine, runToEnd, START, track } from '../../support/delivery.ts';
import { fakeSqs } from '../../support/fake-sqs.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const config = readWorkerConfig({
  QUEUE_URL: 'https://sqs/main.fifo',
  DEAD_LETTER_QUEUE_URL: 'https://sqs/dead.fifo',
  SALESMACHINE_API_TOKEN: 'token',
  SALESMACHINE_API_SECRET: 'secret',
});

/** How long a call to SQS takes. */
const CALL_MS = 1;

const record = toSqsRecord(
  {
    MessageId: 'm1',
    ReceiptHandle: 'r1',
    Body: JSON.stringify(track('7')),
    Attributes: { MessageGroupId: 'g', SentTimestamp: `${START}` },
  },
  'arn:aws:sqs:eu-west-1:1:main',
);

/** A worker whose Salesmachine answers everything so. */
function setUpWorker(status: number) {
  const time = createVirtualTime(START);
  const sqs = fakeSqs(time, { latencyMs: CALL_MS });
  const salesmachine = fakeSalesmachine(time, () => createResponse(status));
  const ports = { sqs, salesmachine, clock: time, random: () => 0.5, log: recordingLog() };
  return { time, sqs, salesmachine, worker: createWorker({ config, ...ports }) };
}

test('a worker that an operator asks for a ping answers what Salesmachine says', async () => {
  const { time, salesmachine, worker } = setUpWorker(401);
  const context = createLambdaContext('worker', 90_000, time);
  const answer: unknown = await Reflect.apply(worker, undefined, [{ ping: true }, context]);
  expect(answer).toMatchObject({ outcome: 'credential', status: 401 });
  expect(salesmachine.requests.map(({ path }) => path)).toEqual(['/v1/ping']);
});

test.each([
  [90, 60],
  [30, 10],
])(
  'a worker that has %i s left waits %i s for an API that is away, and releases its messages in time',
  async (leftSeconds, waitSeconds) => {
    const { time, sqs, worker } = setUpWorker(503);
    const context = createLambdaContext('worker', leftSeconds * 1_000, time);
    const result = worker({ Records: [record] }, context);
    const endedAt = result.then(() => time.now());
    expect(await runToEnd(time, result)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect((await endedAt) - START).toBe(waitSeconds * 1_000 + CALL_MS);
    expect(sqs.visibilities).toEqual([{ r1: expect.any(Number) }]);
  },
);
