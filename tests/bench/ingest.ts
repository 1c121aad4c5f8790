import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createIngest } from '../../handlers/ingest.ts';
import { type Environment, readIngestSettings } from '../../lib/config/config.ts';
import { createLambdaContext } from '../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { createSqs, type Sqs } from '../../lib/sqs/sqs-client.ts';
import type { Log } from '../../lib/telemetry/log.ts';
import type { BenchResult, Row } from './bench.ts';
import { generateEvents, readQueuedEvents, toHttpEvent } from './ingest-requests.ts';
import { nullSqs } from './null-sqs.ts';
import { createBatchingIngest, createSingleIngest } from './plain-ingest.ts';
import { summarize } from './ratio.ts';

type Ingest = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;
type Work = () => Promise<unknown>;

const SECRET = 'a shared secret';
const ROUNDS = 61;
const WARM_UP_ROUNDS = 20;
const context = createLambdaContext('ingest', 3_600_000, systemClock);

/** What the ingest costs beside what any ingest must do, and how fast it is beside what people would use instead. */
export async function benchIngest(): Promise<BenchResult> {
  const corpus = readQueuedEvents();
  const rows = [
    await measureCost(corpus, 1_000, 2.7),
    await measureCost(corpus, 100, 3),
    await measureCost(corpus, 1, 5),
  ];
  const sqs = await startSqs();
  try {
    const differentUsers = corpus.map((event, index) => ({ ...event, userId: `user-${index % 100}` }));
    rows.push(...(await measureSpeed('different users', differentUsers, sqs, { batching: 0.8, single: 5 })));
    rows.push(...(await measureSpeed('users of the corpus', corpus, sqs, { batching: 0.6, single: 4 })));
  } finally {
    await sqs.stop();
  }
  return { rows };
}

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const createRelay = (sqs: Sqs, env: Environment): Ingest =>
  createIngest({
    config: readIngestSettings({ ...env, SEGMENT_SHARED_SECRETS: SECRET }),
    sqs,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });

/** Processor time against that of the floor: the body's HMAC, its parse, and the JSON of each event. */
async function measureCost(corpus: readonly JsonObject[], size: number, atMost: number): Promise<Row> {
  const relay = createRelay(nullSqs, { QUEUE_URL: 'main', DEAD_LETTER_QUEUE_URL: 'dead' });
  const events = generateEvents(corpus);
  const requests = Array.from({ length: Math.max(2, 2_000 / size) }, () => toRequest(events, size));
  const figures = await measureRatios(
    measureCpuMs,
    async () => {
      for (const request of requests) await send(relay, request);
    },
    async () => {
      for (const { body = '' } of requests) {
        createHmac('sha1', SECRET).update(body).digest();
        const value: unknown = JSON.parse(body);
        for (const event of [value].flat()) JSON.stringify(event);
      }
    },
  );
  return { figure: `ingest of ${size} / HMAC, parse and stringify`, ...figures, goal: { atMost } };
}

type LocalQueue = Awaited<ReturnType<typeof startSqs>>;

/** Events a second, against two plain functions on the same queue. */
async function measureSpeed(
  users: string,
  corpus: readonly JsonObject[],
  { client, plainClient, environment }: LocalQueue,
  goals: { batching: number; single: number },
): Promise<Row[]> {
  const events = generateEvents(corpus);
  const plain = { sqs: plainClient, queueUrl: environment['QUEUE_URL'] ?? '', secret: SECRET };
  const createWork = (ingest: Ingest) => {
    const requests = Array.from({ length: WARM_UP_ROUNDS + ROUNDS }, () => toRequest(events, 100)).values();
    return async () => {
      const { value } = requests.next();
      if (value) await send(ingest, value);
    };
  };
  const relay = createRelay(client, environment);
  const compare = (other: Ingest) => measureRatios(measureMs, createWork(other), createWork(relay));
  const figure = (name: string) => `100 events, ${users}: events/s / plain middy with ${name}`;
  return [
    {
      figure: figure('SendMessageBatch'),
      ...(await compare(createBatchingIngest(plain))),
      goal: { atLeast: goals.batching },
    },
    {
      figure: figure('SendMessage'),
      ...(await compare(createSingleIngest(plain))),
      goal: { atLeast: goals.single },
    },
  ];
}

function toRequest(events: Iterator<JsonObject>, size: number): APIGatewayProxyEventV2 {
  const batch = Array.from({ length: size }, () => events.next().value);
  return toHttpEvent(JSON.stringify(size === 1 ? batch[0] : batch), SECRET);
}

async function send(ingest: Ingest, request: APIGatewayProxyEventV2): Promise<void> {
  const { statusCode, body } = await ingest(request, context);
  if (statusCode !== 200) throw new Error(`The ingest answered ${statusCode}: ${body}`);
}

type Measure = (work: Work) => Promise<number>;

/** What the work takes by what the floor takes, of two that ran right after each other. */
async function measureRatios(measure: Measure, work: Work, floor: Work) {
  const ratios: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1)
    ratios.push((await measure(work)) / (await measure(floor)));
  return summarize(ratios.slice(WARM_UP_ROUNDS), '×');
}

const measureMs: Measure = async (work) => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

/** The time of this process on the processor, so that other processes do not count. */
const measureCpuMs: Measure = async (work) => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

/** An SQS in a process of its own, so that only what its clients do is measured: the relay's, and one as it comes. */
async function startSqs() {
  const child = spawn(process.execPath, [new URL('sqs-process.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const environment: Record<string, string> = JSON.parse(line);
  const options = {
    endpoint: environment['AWS_ENDPOINT_URL_SQS'] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const client = createSqs(options);
  const plainClient = new SQSClient(options);
  return {
    client,
    plainClient,
    environment,
    async stop() {
      client.destroy();
      plainClient.destroy();
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
