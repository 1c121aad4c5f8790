import type { HttpFunction } from '../../lib/local/aws/local-api-gateway.ts';
import type { Clock, Random } from '../../lib/runtime/clock.ts';
import type { Salesmachine } from '../../lib/salesmachine/client.ts';
import type { Sqs } from '../../lib/sqs/sqs-client.ts';
import type { Log, LogFields } from '../../lib/telemetry/log.ts';
import { knownFields } from '../../lib/telemetry/log-fields.ts';
import { CAUSE, createLedger, numberIn } from './checks/event-tracker.ts';
import { brokenInvariants, type Letter } from './checks/invariants.ts';
import {
  type LambdaTrouble,
  startEventSourceMapping,
  type WorkerFunction,
} from './models/event-source-mapping-model.ts';
import { endingAt, type Spell } from './models/fault-window.ts';
import { createGateway } from './models/gateway-model.ts';
import { createFifoQueue } from './models/queue-model.ts';
import { layLetters, type ReplayFunction, type ReplaySettings, replayAll } from './models/replay-model.ts';
import { createSalesmachineModel, type SalesmachineSettings } from './models/salesmachine-model.ts';
import { CANARY } from './models/segment-event.ts';
import { createSegment, type SegmentSettings } from './models/segment-model.ts';
import { sqsClient } from './models/sqs-client.ts';
import { createSqsModel, type SqsTrouble } from './models/sqs-model.ts';
import { type Figures, measure } from './result.ts';
import { seededRandom } from './seeded-random.ts';
import { createVirtualTime } from './virtual-time.ts';

/** What the relay's functions are given in this world. */
export type RelayPorts = { sqs: Sqs; clock: Clock; random: Random; log: Log };

/** The code under test: factories as Lambda's cold start runs them, once for each process. */
export type Relay = {
  createIngest(ports: RelayPorts): HttpFunction;
  createWorker(ports: RelayPorts & { salesmachine: Salesmachine }): WorkerFunction;
  createReplay(ports: RelayPorts): ReplayFunction;
};

export type Scenario = {
  segment: SegmentSettings;
  salesmachine?: Partial<SalesmachineSettings>;
  lanes?: number;
  sqs?: { latencyMs?: number; troubles?: readonly Spell<SqsTrouble>[] };
  lambda?: readonly Spell<LambdaTrouble>[];
  ingestCrashes?: readonly Spell<'crash'>[];
  /** Nobody replays anything unless said. */
  replay?: ReplaySettings;
  /** Milliseconds after the start at which everything is well again; never unless said. */
  faultsEndAt?: number;
  /** Milliseconds of drain, after the last webhook and the last fault, after which a run is given up. */
  drainMs?: number;
  authorize?: (body: string) => Record<string, string>;
};

export type Result = Figures & {
  seed: number;
  /** A hash of what happened: the same seed gives the same. */
  trace: string;
  /** Invariants that do not hold. */
  broken: string[];
};

export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/events.fifo';
export const DEAD_LETTER_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters.fifo';
/** Secrets that the relay is to be configured with, so that a leak shows. */
export const SECRETS = { token: `${CANARY}-token`, sharedSecret: `${CANARY}-shared-secret` };

const DAY_MS = 86_400_000;
const RETENTION_MS = 14 * DAY_MS;
const WORKER_TIMEOUT_MS = 90_000;
const INGEST_TIMEOUT_MS = 8_000;
const REPLAY_TIMEOUT_MS = 120_000;
/** How often the world looks whether everything is done. */
const SLICE_MS = 10_000;
/** Secrets, traits, addresses, and ids of users and messages. */
const LEAK = new RegExp(`${CANARY}|203\\.0\\.113\\.77|sim_\\d`);

/** Runs the relay in a world of its own: arrivals and faults, then the drain, then the checks. */
export async function simulate(relay: Relay, scenario: Scenario, seed: number): Promise<Result> {
  const { segment: segmentSettings, faultsEndAt = Number.POSITIVE_INFINITY, drainMs = DAY_MS } = scenario;
  const time = createVirtualTime();
  const start = time.now();
  const stream = (name: string) => seededRandom(seed, name);
  const ledger = createLedger(segmentSettings.events + (scenario.replay?.letters ?? 0));
  const leaks: string[] = [];
  const log = createListeningLog((line) => {
    if (LEAK.test(line)) leaks.push(line);
  });
  const stopped = <What>(spells: readonly Spell<What>[] = []) => endingAt(spells, faultsEndAt);
  const excuse = (body: string, cause: number) => {
    const number = numberIn(body);
    if (number !== undefined) ledger.excuse(number, cause);
  };

  let expired = 0;
  const onExpiry = () => {
    expired += 1;
  };
  const deadLetters = createFifoQueue(
    { visibilityMs: 30_000, retentionMs: RETENTION_MS },
    { redriven: () => {}, expired: onExpiry },
  );
  const queue = createFifoQueue(
    { visibilityMs: 540_000, retentionMs: RETENTION_MS, maxReceiveCount: 1_000 },
    { redriven: (message) => deadLetters.adopt(message, time.now()), expired: onExpiry },
  );
  const sqs = createSqsModel({
    time,
    random: stream('sqs'),
    queues: { [QUEUE_URL]: queue, [DEAD_LETTER_QUEUE_URL]: deadLetters },
    deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
    ...(scenario.sqs?.latencyMs !== undefined && { latencyMs: scenario.sqs.latencyMs }),
    troubles: stopped(scenario.sqs?.troubles),
    onUndeleted: (_, receipt) => excuse(queue.bodyOf(receipt) ?? '', CAUSE.undeleted),
  });
  const salesmachine = createSalesmachineModel(
    {
      quota: { requests: 900, windowMs: 300_000, kind: 'fixed' },
      ...scenario.salesmachine,
      mishaps: stopped(scenario.salesmachine?.mishaps),
    },
    { time, random: stream('salesmachine'), ledger },
  );
  const relayRandom = stream('relay');
  const post = createGateway({
    time,
    random: stream('gateway'),
    sqs,
    createIngest: (sandbox) =>
      relay.createIngest({ sqs: sqsClient(sandbox.sqs), clock: sandbox.clock, random: relayRandom, log }),
    functionTimeoutMs: INGEST_TIMEOUT_MS,
    authorize: scenario.authorize ?? (() => ({ authorization: `Bearer ${SECRETS.token}` })),
    crashes: stopped(scenario.ingestCrashes),
  });
  const mapping = startEventSourceMapping({
    time,
    random: stream('lambda'),
    sqs,
    queueUrl: QUEUE_URL,
    lanes: scenario.lanes ?? 2,
    functionTimeoutMs: WORKER_TIMEOUT_MS,
    connect: salesmachine.connect,
    createWorker: ({ clock, salesmachine, sqs }) =>
      relay.createWorker({ sqs: sqsClient(sqs), clock, random: relayRandom, log, salesmachine }),
    troubles: stopped(scenario.lambda),
    onFailure: (bodies) => {
      for (const body of bodies) excuse(body, CAUSE.killed);
    },
  });
  const segment = createSegment(segmentSettings, { time, random: stream('segment'), ledger, post });

  let isReplayed = true;
  const replayLetters = async ({ from, letters }: ReplaySettings): Promise<void> => {
    isReplayed = false;
    layLetters(letters, deadLetters, ledger, start);
    await time.sleep(from);
    await replayAll({
      time,
      sqs,
      createReplay: ({ clock, sqs }) =>
        relay.createReplay({ sqs: sqsClient(sqs), clock, random: relayRandom, log }),
      functionTimeoutMs: REPLAY_TIMEOUT_MS,
    });
    isReplayed = true;
  };

  if (scenario.replay) void replayLetters(scenario.replay);
  segment.start();
  const isDrained = () => {
    const { visible, inFlight } = queue.counts(time.now());
    return segment.isDone() && isReplayed && visible + inFlight === 0;
  };
  const faultsOverAt = Number.isFinite(faultsEndAt) ? start + faultsEndAt : start;
  let wellAt: number | undefined;
  while (!isDrained() && (wellAt === undefined || time.now() < wellAt + drainMs)) {
    await time.run(time.now() + SLICE_MS);
    if (segment.isDone()) wellAt ??= Math.max(time.now(), faultsOverAt);
  }
  // What was on its way when the queue became empty, such as answers and deletions, still arrives.
  await time.run(time.now() + WORKER_TIMEOUT_MS);

  const letters: Letter[] = [...deadLetters.contents()].map(({ body, attributes }) => ({
    number: numberIn(body),
    reason: attributes?.['reason']?.StringValue ?? 'receive_limit',
  }));
  const queued = new Set([...queue.contents()].flatMap(({ body }) => numberIn(body) ?? []));
  const timeouts = mapping.timeouts();
  const evidence = { ledger, requests: salesmachine.log, letters, queued, expired, timeouts, leaks };
  return {
    seed,
    trace: salesmachine.log.trace(),
    broken: brokenInvariants(evidence),
    ...measure(evidence, {
      start,
      end: time.now(),
      faultsOverAt,
      wakes: time.wakes(),
      webhooks: segment.counts(),
      invocations: mapping.invocations(),
      quotaPerMs:
        (scenario.salesmachine?.quota?.requests ?? 900) / (scenario.salesmachine?.quota?.windowMs ?? 300_000),
    }),
  };
}

function createListeningLog(onLine: (line: string) => void): Log {
  const write = (message: string, fields: LogFields) =>
    onLine(`${message} ${JSON.stringify(knownFields(fields))}`);
  return { debug: write, info: write, warn: write, error: write };
}
