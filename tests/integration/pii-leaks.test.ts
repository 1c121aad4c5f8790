import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { createIngest } from '../../handlers/ingest.ts';
import { createWorker, handler } from '../../handlers/worker.ts';
import { readIngestSettings, readWorkerConfig } from '../../lib/config/config.ts';
import { createLambdaContext } from '../../lib/local/aws/lambda-context.ts';
import { createLocalLog } from '../../lib/local/local-log.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { createLog, type Log } from '../../lib/telemetry/log.ts';
import type { LEVELS } from '../../lib/telemetry/log-level.ts';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { fakeSqs } from '../support/fake-sqs.ts';
import { captureOutput } from '../support/output.ts';
import { eventsWithPiiMarkers, PII_MARKER } from '../support/pii-markers.ts';
import { startTestRelay, TOKEN } from '../support/relay.ts';
import { until } from '../support/until.ts';

const events = eventsWithPiiMarkers();

/** All that a deployed function writes, and `npm start`, down to the last detail. */
function everyLog(): Log {
  const deployed = createLog('relay', { level: 'debug', infoSampleRate: 0.5, namespace: 'relay/test' });
  const local = createLocalLog((line) => process.stderr.write(line), clock, {
    level: 'debug',
    infoSampleRate: 1,
  });
  const writeAt =
    (level: (typeof LEVELS)[number]): Log['info'] =>
    (message, fields) => {
      deployed[level](message, fields);
      local[level](message, fields);
    };
  return { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}

const inArrays = (all: readonly JsonObject[]) =>
  Array.from({ length: Math.ceil(all.length / 100) }, (_, index) =>
    all.slice(index * 100, (index + 1) * 100),
  );

test('there are as many events as there should be', () => {
  expect(events).toHaveLength(1_626);
});

test('of 1,626 events, delivered or refused, no output tells anything', async () => {
  const output = captureOutput();
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '200000' }, { log: everyLog() });
  const answers: string[] = [];
  const post = async (path: string, body: unknown, headers?: Record<string, string>) => {
    answers.push(await (await relay.post(path, body, headers)).text());
  };

  for (const array of inArrays(events)) await post('/segment', array);
  expect(JSON.stringify(await relay.drained())).toContain(PII_MARKER);
  // Salesmachine's refusal quotes what it refuses.
  relay.fakeSalesmachine?.reject(`${PII_MARKER} plan`);
  for (const plan of ['pro', 'free']) {
    await post('/v1/track', {
      userId: PII_MARKER,
      event: PII_MARKER,
      properties: { [`${PII_MARKER} plan`]: plan },
    });
  }
  await post('/segment', { type: PII_MARKER, userId: PII_MARKER, messageId: PII_MARKER });
  await post('/segment', `{"type":"track","userId":"${PII_MARKER}`);
  await post('/segment', PII_MARKER, { authorization: `Bearer ${TOKEN}`, 'content-encoding': 'gzip' });
  await post('/segment', { userId: PII_MARKER }, { authorization: `Bearer ${PII_MARKER}` });
  await post('/segment', { userId: PII_MARKER }, { 'x-signature': PII_MARKER });
  await post(`/${encodeURIComponent(PII_MARKER)}?userId=${PII_MARKER}`, { userId: PII_MARKER });
  await relay.drained();
  const { accepted, delivered, deadLettered } = await relay.state();
  await relay.stop();

  const written = output.text();
  jest.restoreAllMocks();
  expect(accepted).toBeGreaterThan(800);
  expect(delivered + deadLettered).toBeGreaterThanOrEqual(accepted);
  for (const message of [
    'events queued',
    'events skipped',
    'dead letter written',
    'authentication failed',
    'invocation settled',
  ])
    expect(written).toContain(message);
  expect(written).toContain('"_aws"');
  expect(written).not.toContain('canary');
  // Segment shows the answers to the customer; they are no place for an event's contents either.
  expect(answers.join()).not.toContain('canary');
});

describe('of a crash', () => {
  const record: SQSRecord = {
    messageId: 'sqs-1',
    receiptHandle: 'receipt-1',
    body: JSON.stringify({ type: 'track', userId: PII_MARKER, event: PII_MARKER, messageId: PII_MARKER }),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1767225600000',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '',
      MessageGroupId: PII_MARKER,
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: 'us-east-1',
  };
  const environment = {
    QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/1/events.fifo',
    DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/1/dead-letters.fifo',
    INGEST_TOKENS: PII_MARKER,
    SALESMACHINE_API_TOKEN: PII_MARKER,
    SALESMACHINE_API_SECRET: PII_MARKER,
  };
  const crash = () => {
    throw new TypeError(`${PII_MARKER} is not a function`);
  };
  const context = createLambdaContext('worker', 90_000, clock);

  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  test('while delivering, nothing is told but its class', async () => {
    const output = captureOutput();
    const worker = createWorker({
      config: readWorkerConfig(environment),
      sqs: fakeSqs(clock),
      salesmachine: { post: crash, refreshCredentialIfOlderThan: crash },
      clock,
      random,
      log: everyLog(),
    });
    expect(await worker({ Records: [record] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'sqs-1' }],
    });
    expect(output.text()).toContain('TypeError');
    expect(output.text()).not.toContain('canary');
  });

  test('of the worker itself, nothing is told but its class', async () => {
    const output = captureOutput();
    Object.assign(process.env, environment);
    const unreadable = {
      ...record,
      get body(): string {
        return crash();
      },
    };
    const failure = await handler({ Records: [unreadable] }, context).catch((error: unknown) => error);
    expect(String(failure)).toContain('The worker failed');
    expect(String(failure)).not.toContain('canary');
    expect(output.text()).toContain('TypeError');
    expect(output.text()).not.toContain('canary');
  });

  test('of the ingest, nothing is told but its class', async () => {
    const output = captureOutput();
    const ingest = createIngest({
      config: readIngestSettings(environment),
      sqs: fakeSqs(clock),
      clock,
      random: crash,
      log: everyLog(),
    });
    const { body } = await ingest(
      {
        version: '2.0',
        routeKey: 'POST /segment',
        rawPath: '/segment',
        rawQueryString: '',
        headers: { authorization: `Bearer ${PII_MARKER}` },
        requestContext: {
          accountId: '',
          apiId: '',
          domainName: '',
          domainPrefix: '',
          http: {
            method: 'POST',
            path: '/segment',
            protocol: 'HTTP/1.1',
            sourceIp: '',
            userAgent: PII_MARKER,
          },
          requestId: '',
          routeKey: '',
          stage: '$default',
          time: '',
          timeEpoch: 0,
        },
        body: JSON.stringify({ type: 'track', userId: PII_MARKER, event: PII_MARKER }),
        isBase64Encoded: false,
      },
      context,
    );
    expect(body).toContain('try again');
    expect(output.text()).toContain('TypeError');
    expect(output.text() + body).not.toContain('canary');
  });
});

test('npm start, with all its details, tells nothing of 1,626 events', async () => {
  const env = {
    ...COMPILE_CACHE,
    PORT: '0',
    INGEST_TOKENS: TOKEN,
    RATE_LIMIT_REQUESTS: '200000',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    METRICS_NAMESPACE: 'relay/test',
  };
  const child = spawn(process.execPath, ['lib/local/main.ts'], { env, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const ended = once(child, 'close');
  try {
    const url = await until('it listens', () => /^relay listening on (\S+)$/m.exec(output)?.[1]);
    for (const array of inArrays(events)) {
      const response = await fetch(`${url}/segment`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(array),
      });
      expect(response.status).toBe(200);
    }
    await until('all is delivered', async () =>
      /"queued":0,"inFlight":0/.test(await (await fetch(`${url}/local/state`)).text()),
    );
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  expect(output).toContain('events queued');
  expect(output).toContain('invocation settled');
  expect(output).not.toContain('canary');
  expect(output).not.toContain('_aws');
});
