import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { handler as ingest } from '../../handlers/ingest.ts';
import { handler as replay } from '../../handlers/replay.ts';
import { handler as worker } from '../../handlers/worker.ts';
import { serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { createLambdaContext } from '../../lib/local/aws/lambda-context.ts';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { createFakeSalesmachine } from '../../lib/local/salesmachine/fake-salesmachine.ts';
import { startFakeServer } from '../../lib/local/salesmachine/fake-server.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { createHttpEvent } from '../support/http-event.ts';
import { recordingLog } from '../support/log.ts';
import { captureOutput } from '../support/output.ts';
import { startParameterStore } from '../support/parameter-store.ts';
import { sqsEnvironment } from '../support/sqs-environment.ts';

/** A secret is read again after so long. */
const REFRESH_MS = 301_000;

const environment = { ...process.env };
const cleanups: (() => unknown)[] = [];
let queues: LocalSqs;
let store: Awaited<ReturnType<typeof startParameterStore>>;

beforeEach(async () => {
  queues = await startLocalSqs();
  store = await startParameterStore({ '/tokens': 'old', '/secret': 'old' });
  cleanups.push(queues.stop, store.stop);
});

afterEach(async () => {
  process.env = { ...environment };
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The environment that a deployment gives a function. */
const deploy = (settings: Record<string, string>) =>
  Object.assign(process.env, sqsEnvironment(queues), {
    AWS_ENDPOINT_URL_SSM: store.url,
    METRICS_NAMESPACE: 'relay/prod',
    ...settings,
  });

function pass(ms: number): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockReturnValue(now);
}

const invocation = (name: string) => createLambdaContext(name, 30_000, systemClock);

const metricsOf = (namespace: string) =>
  expect.objectContaining({
    CloudWatchMetrics: expect.arrayContaining([expect.objectContaining({ Namespace: namespace })]),
  });

const track = { type: 'track', userId: 'u', event: 'Clicked' };

const segmentRequest = (token: string) =>
  createHttpEvent(JSON.stringify(track), { authorization: `Bearer ${token}` });

test('the deployed ingest says why it cannot start, starts once it can, and knows a new token', async () => {
  const output = captureOutput();
  const post = async (token: string) =>
    (await ingest(segmentRequest(token), invocation('ingest'))).statusCode;

  deploy({});
  expect(await post('old')).toBe(503);
  expect(output.objects()).toEqual([
    expect.objectContaining({
      message: 'ingest not started',
      problem: expect.stringContaining('SEGMENT_SHARED_SECRETS or INGEST_TOKENS must be set'),
    }),
  ]);

  deploy({ INGEST_TOKENS_PARAMETER: '/tokens' });
  expect(await post('old')).toBe(200);
  expect(output.objects()).toContainEqual(
    expect.objectContaining({ message: 'events queued', Accepted: 1, _aws: metricsOf('relay/prod') }),
  );
  store.set('/tokens', 'new');
  pass(REFRESH_MS);
  expect(await post('new')).toBe(200);
  expect(await post('old')).toBe(401);
});

const sqsEvent = (messageId: string): SQSEvent => ({
  Records: [
    {
      messageId,
      receiptHandle: messageId,
      body: JSON.stringify({ ...track, messageId }),
      attributes: {
        ApproximateReceiveCount: '1',
        ApproximateFirstReceiveTimestamp: `${Date.now()}`,
        SenderId: 'sender',
        SentTimestamp: `${Date.now()}`,
        MessageGroupId: 'u',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: queues.main.arn,
      awsRegion: 'us-east-1',
    },
  ],
});

test('the deployed worker says why it cannot start, starts once it can, and sends a new credential', async () => {
  const authorizations: unknown[] = [];
  const fake = createFakeSalesmachine({
    credential: { token: 'token', secret: 'old' },
    limit: { requests: 900, windowSeconds: 300 },
    now: systemClock.now,
  });
  const salesmachine = await startFakeServer({
    handle(request) {
      authorizations.push(request.headers['authorization']);
      const headers = { ...request.headers, authorization: toBasic('old') };
      return fake.handle({ ...request, headers });
    },
  });
  cleanups.push(salesmachine.stop);
  const output = captureOutput();

  deploy({ SALESMACHINE_API_TOKEN: 'token' });
  await expect(worker(sqsEvent('m0'), invocation('worker'))).rejects.toThrow(
    'The worker failed: the log line before this one says why.',
  );
  expect(output.objects()).toEqual([
    expect.objectContaining({
      message: 'worker failed',
      problem: 'The settings cannot be used: SALESMACHINE_API_SECRET is not set.',
    }),
  ]);

  deploy({ SALESMACHINE_URL: salesmachine.url, SALESMACHINE_API_SECRET_PARAMETER: '/secret' });
  expect(await worker(sqsEvent('m1'), invocation('worker'))).toEqual({ batchItemFailures: [] });
  expect(output.objects()).toContainEqual(
    expect.objectContaining({ message: 'invocation settled', Delivered: 1, _aws: metricsOf('relay/prod') }),
  );
  store.set('/secret', 'new');
  pass(REFRESH_MS);
  expect(await worker(sqsEvent('m2'), invocation('worker'))).toEqual({ batchItemFailures: [] });
  expect(authorizations).toEqual([toBasic('old'), toBasic('new')]);
});

const toBasic = (secret: string) => `Basic ${Buffer.from(`token:${secret}`).toString('base64')}`;

test('the deployed replay goes by its settings, of the log too', async () => {
  const ports = { sqs: queues.connect(), clock: systemClock, random: systemRandom, log: recordingLog() };
  const output = captureOutput();
  const write = () =>
    sendMessages(
      createDeadLetters(1, 2).map(serializeDeadLetter),
      { ...ports, queueUrl: queues.deadLetters.url },
      new AbortController().signal,
    );

  deploy({ EXCLUDE_EVENTS: 'Clicked', LOG_SUCCESS_SHARE: '0' });
  await write();
  expect(await replay({ dryRun: true }, invocation('replay'))).toMatchObject({ matched: 2, wouldSkip: 2 });
  expect(await replay({}, invocation('replay'))).toMatchObject({ replayed: 2, failed: 0 });
  expect(output.objects()).toEqual([]);
});
