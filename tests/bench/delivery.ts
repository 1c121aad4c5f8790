import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createWorker } from '../../handlers/worker.ts';
import { readIngestSettings, readWorkerConfig, type WorkerConfig } from '../../lib/config/config.ts';
import { handleRequest } from '../../lib/ingest/handle-request.ts';
import { createEventSourceMapping } from '../../lib/local/aws/event-source-mapping.ts';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { createMessageCounter } from '../../lib/local/aws/message-counter.ts';
import { createQueueObserver } from '../../lib/local/aws/queue-observer.ts';
import { createFakeSalesmachine } from '../../lib/local/salesmachine/fake-salesmachine.ts';
import { startFakeServer } from '../../lib/local/salesmachine/fake-server.ts';
import { withRequestCounter } from '../../lib/local/with-counters.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { createSalesmachine, type Salesmachine } from '../../lib/salesmachine/client.ts';
import type { Sqs } from '../../lib/sqs/sqs-client.ts';
import { recordingLog } from '../support/log.ts';
import { until } from '../support/until.ts';
import { trackEvent } from '../support/webhooks.ts';
import type { BenchResult, Row } from './bench.ts';
import { createPlainWorker } from './plain-worker.ts';
import { table } from './table.ts';

const EVENTS = 30_000;
const USERS = 3_000;
const PER_WEBHOOK = 100;
const QUOTA = { requests: 90, windowSeconds: 3 };

/** One request per event would take a quarter of an hour: the rate is clear long before. */
const MAX_MS = 15_000;

const TOKEN = 'a-token';
const FUNCTION_TIMEOUT_MS = 90_000;

type ConsumerPorts = { config: WorkerConfig; sqs: Sqs; salesmachine: Salesmachine };
type Consumer = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

const plainWorker =
  (perRequest: number) =>
  ({ config, salesmachine }: ConsumerPorts) =>
    createPlainWorker({ perRequest, delivery: config.delivery, salesmachine, clock });

const consumers: Record<string, (ports: ConsumerPorts) => Consumer> = {
  'one request per event': plainWorker(1),
  'a plain Lambda function': plainWorker(10),
  'this engine': (ports) => createWorker({ ...ports, clock, random, log: recordingLog() }),
};

type Figures = { events: number; seconds: number; requests: number; throttled: number };

/**
 * What each way to empty the queue makes of one and the same quota; a new queue and a new fake Salesmachine for each.
 * The events are queued before, so that the consumer is measured and not this machine. The other two are paced as the
 * engine is, so that answers of 429 slow none of them.
 */
export async function benchDelivery(): Promise<BenchResult> {
  const results: [string, Figures][] = [];
  for (const [name, createConsumer] of Object.entries(consumers))
    results.push([name, await measure(createConsumer)]);
  return {
    rows: results.map(
      ([name, { events, seconds }]): Row => ({
        figure: `${QUOTA.requests} requests allowed in ${QUOTA.windowSeconds} s: ${name}`,
        value: events / seconds,
        unit: 'events/s',
      }),
    ),
    details: table([HEAD, ...results.map(([name, figures]) => toRow(name, figures, results[0]?.[1]))]),
  };
}

async function measure(createConsumer: (ports: ConsumerPorts) => Consumer): Promise<Figures> {
  const queues = await startLocalSqs();
  const config = readWorkerConfig(toEnvironment(queues));
  const fake = createFakeSalesmachine({ credential: config.salesmachine, limit: QUOTA, now: clock.now });
  const server = await startFakeServer(fake);
  const url = server.url;
  const salesmachine = withRequestCounter(createSalesmachine({ ...config.salesmachine, url }), clock);
  const sqs = queues.connect();
  const messages = createMessageCounter();
  createQueueObserver(queues, [messages.listener]).observe(sqs);
  await queueEvents(queues);

  const lanes = Array.from({ length: config.delivery.quota.lanes }, () =>
    createConsumer({ config, sqs, salesmachine }),
  );
  const mapping = createEventSourceMapping({
    sqs,
    queue: queues.main,
    lanes: lanes.length,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    clock,
    log: recordingLog(),
    invoke: async (lane, event, context) => lanes[lane]?.(event, context),
  });
  const startedAt = clock.now();
  const elapsedMs = () => clock.now() - startedAt;
  mapping.start();
  const isOver = () => elapsedMs() >= MAX_MS || messages.delivered() === EVENTS;
  await until('the time is up or all is delivered', isOver, 2 * MAX_MS);
  const figures = {
    events: fake.state().operations.length,
    seconds: elapsedMs() / 1_000,
    ...salesmachine.counts(),
  };

  await mapping.stop();
  await server.stop();
  await queues.stop();
  return figures;
}

/** Through the ingest, in arrays, as Segment would. */
async function queueEvents(queues: LocalSqs): Promise<void> {
  const config = readIngestSettings(toEnvironment(queues));
  const dependencies = { config, sqs: queues.connect(), clock, random, log: recordingLog() };
  for (let first = 0; first < EVENTS; first += PER_WEBHOOK) {
    const events = Array.from({ length: PER_WEBHOOK }, (_, index) => toEvent(first + index));
    const body = Buffer.from(JSON.stringify(events));
    const headers = { authorization: `Bearer ${TOKEN}` };
    await handleRequest({ method: 'POST', path: '/segment', headers, body }, dependencies);
  }
}

const toEvent = (number: number) => trackEvent(number % USERS, Math.floor(number / USERS));

const toEnvironment = ({ main, deadLetters }: LocalSqs) => ({
  QUEUE_URL: main.url,
  DEAD_LETTER_QUEUE_URL: deadLetters.url,
  INGEST_TOKENS: TOKEN,
  SALESMACHINE_API_TOKEN: 'api-token',
  SALESMACHINE_API_SECRET: 'api-secret',
  RATE_LIMIT_REQUESTS: String(QUOTA.requests),
  RATE_LIMIT_WINDOW_SECONDS: String(QUOTA.windowSeconds),
});

const HEAD = ['', 'events', 'seconds', 'events/s', 'events/request', '429s', 'quota used', 'ratio'];

function toRow(name: string, figures: Figures, first: Figures | undefined): string[] {
  const { events, seconds, requests, throttled } = figures;
  const rate = events / seconds;
  const quota = (seconds * QUOTA.requests) / QUOTA.windowSeconds;
  return [
    name,
    String(events),
    seconds.toFixed(1),
    rate.toFixed(1),
    (events / requests).toFixed(1),
    String(throttled),
    `${((100 * (requests - throttled)) / quota).toFixed(1)} %`,
    first ? (rate / (first.events / first.seconds)).toFixed(1) : '',
  ];
}
