import type { HttpFunction } from '../../lib/local/aws/local-api-gateway.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Random } from '../../lib/runtime/random.ts';
import type { Salesmachine } from '../../lib/salesmachine/client.ts';
import type { Sqs } from '../../lib/sqs/sqs-client.ts';
import type { Log, LogFields } from '../../lib/telemetry/log.ts';
import { pickKnownFields } from '../../lib/telemetry/log-fields.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { createVirtualTime } from '../support/virtual-time.ts';
import { createEventTracker, DUPLICATE_CAUSE, parseEventNumber } from './checks/event-tracker.ts';
import { createEvidence } from './checks/evidence.ts';
import { brokenInvariants, type DeadLetterRecord } from './checks/invariants.ts';
import type { Outage } from './metrics/outage-metrics.ts';
import { computeMetrics, type RunMetrics } from './metrics/run-metrics.ts';
import {
  type LambdaFault,
  startEventSourceMapping,
  type WorkerFunction,
} from './models/event-source-mapping-model.ts';
import { armFatalMessages } from './models/fatal-messages.ts';
import { endFaultsAt, type FaultWindow } from './models/fault-window.ts';
import { createGateway } from './models/gateway-model.ts';
import { createFifoQueue, type FifoQueue } from './models/queue-model.ts';
import type { QueuedMessage } from './models/queued-message.ts';
import {
  type ReplayFunction,
  type ReplaySettings,
  replayAll,
  seedDeadLetters,
} from './models/replay-model.ts';
import { createSalesmachineModel, type SalesmachineSettings } from './models/salesmachine-model.ts';
import { PII_MARKER } from './models/segment-event.ts';
import { createSegment, type SegmentSettings } from './models/segment-model.ts';
import { sqsClient } from './models/sqs-client.ts';
import { createSqsModel, type SqsFault } from './models/sqs-model.ts';

/** What the relay's functions are given in this world. */
export type RelayPorts = { sqs: Sqs; clock: Clock; random: Random; log: Log };

/** The code under test: factories as Lambda's cold start runs them, once for each process. */
export type Relay = {
  createIngest(ports: RelayPorts): HttpFunction;
  createWorker(ports: RelayPorts & { salesmachine: Salesmachine }): WorkerFunction;
  createReplay(ports: RelayPorts): ReplayFunction;
};

export type World = {
  segment: SegmentSettings;
  salesmachine?: Partial<SalesmachineSettings>;
  lanes?: number;
  sqs?: { latencyMs?: number; faults?: readonly FaultWindow<SqsFault>[] };
  lambda?: readonly FaultWindow<LambdaFault>[];
  ingestCrashes?: readonly FaultWindow<'crash'>[];
  /** No dead letter is replayed unless said. */
  replay?: ReplaySettings;
  /** Milliseconds after the start at which all faults end; never unless said. */
  faultsEndAt?: number;
  /** Milliseconds of drain, after the last webhook and the last fault, after which a run is given up. */
  drainMs?: number;
  /** The fault whose effect is measured, in milliseconds after the start. */
  outage?: Outage;
  /** The age at which the relay gives up what is refused alone, whatever else passes. */
  maxEventAgeMs?: number;
  authorize?: (body: string) => Record<string, string>;
};

export type Result = RunMetrics & {
  seed: number;
  /** A hash of what happened: the same seed gives the same. */
  trace: string;
  /** Invariants that do not hold. */
  broken: string[];
};

export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/events.fifo';
export const DEAD_LETTER_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters.fifo';
/** Secrets that the relay is to be configured with, so that a leak shows. */
export const SECRETS = { token: `${PII_MARKER}-token`, sharedSecret: `${PII_MARKER}-shared-secret` };

const DAY_MS = 86_400_000;
const RETENTION_MS = 14 * DAY_MS;
const WORKER_TIMEOUT_MS = 90_000;
const INGEST_TIMEOUT_MS = 8_000;
const REPLAY_TIMEOUT_MS = 120_000;
/** How often a run checks whether everything is done. */
const SLICE_MS = 10_000;
/** Secrets, traits, addresses, and ids of users and messages. */
const LEAK = new RegExp(`${PII_MARKER}|203\\.0\\.113\\.77|sim_\\d`);

/** Runs the relay in a world of its own: arrivals and faults, then the drain, then the checks. */
export async function simulate(relay: Relay, world: World, seed: number): Promise<Result> {
  const { segment: segmentSettings, faultsEndAt = Number.POSITIVE_INFINITY, drainMs = DAY_MS } = world;
  const time = createVirtualTime();
  const start = time.now();
  const stream = (name: string) => seededRandom(seed, name);
  const tracker = createEventTracker(countEvents(world));
  const evidence = createEvidence(tracker, world.maxEventAgeMs ?? 3 * DAY_MS);
  const leaks: string[] = [];
  const log = createObservedLog((line) => {
    if (LEAK.test(line)) leaks.push(line);
  });
  const untilFaultsEnd = <What>(windows: readonly FaultWindow<What>[] = []) =>
    endFaultsAt(windows, faultsEndAt);
  const allowDuplicate = (body: string, cause: number) => {
    const number = parseEventNumber(body);
    if (number !== undefined) tracker.allowDuplicate(number, cause);
  };

  let expired = 0;
  const onExpiry = () => {
    expired += 1;
  };
  const deadLetterQueue = createFifoQueue(
    { visibilityMs: 30_000, retentionMs: RETENTION_MS },
    { redriven: () => {}, expired: onExpiry },
  );
  const sendDeadLetter: FifoQueue['send'] = (entry, now) => {
    const number = parseEventNumber(entry.body);
    if (number !== undefined) {
      tracker.onGivenUp(number, now);
      evidence.onGivenUp(number, entry.attributes?.['reason']?.StringValue ?? '', now);
    }
    return deadLetterQueue.send(entry, now);
  };
  const adoptDeadLetter = (message: QueuedMessage) => {
    const number = parseEventNumber(message.body);
    if (number !== undefined) tracker.onGivenUp(number, time.now());
    deadLetterQueue.adopt(message, time.now());
  };
  const queue = createFifoQueue(
    { visibilityMs: 540_000, retentionMs: RETENTION_MS, maxReceiveCount: 1_000 },
    { redriven: adoptDeadLetter, expired: onExpiry },
  );
  const sqs = createSqsModel({
    time,
    random: stream('sqs'),
    queues: { [QUEUE_URL]: queue, [DEAD_LETTER_QUEUE_URL]: { ...deadLetterQueue, send: sendDeadLetter } },
    deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
    ...(world.sqs?.latencyMs !== undefined && { latencyMs: world.sqs.latencyMs }),
    faults: untilFaultsEnd(world.sqs?.faults),
    onUndeleted: (_, receipt) => allowDuplicate(queue.bodyOf(receipt) ?? '', DUPLICATE_CAUSE.undeleted),
  });
  const salesmachine = createSalesmachineModel(
    {
      quota: { requests: 900, windowMs: 300_000, kind: 'fixed' },
      ...world.salesmachine,
      faults: untilFaultsEnd(world.salesmachine?.faults),
    },
    { time, random: stream('salesmachine'), tracker, evidence },
  );
  const relayRandom = stream('relay');
  const post = createGateway({
    time,
    random: stream('gateway'),
    sqs,
    createIngest: (sandbox) =>
      relay.createIngest({ sqs: sqsClient(sandbox.sqs), clock: sandbox.clock, random: relayRandom, log }),
    functionTimeoutMs: INGEST_TIMEOUT_MS,
    authorize: world.authorize ?? (() => ({ authorization: `Bearer ${SECRETS.token}` })),
    crashes: untilFaultsEnd(world.ingestCrashes),
  });
  const mapping = startEventSourceMapping({
    time,
    random: stream('lambda'),
    sqs,
    queueUrl: QUEUE_URL,
    lanes: world.lanes ?? 2,
    functionTimeoutMs: WORKER_TIMEOUT_MS,
    connect: salesmachine.connect,
    createWorker: ({ clock, salesmachine, sqs }) =>
      relay.createWorker({ sqs: sqsClient(sqs), clock, random: relayRandom, log, salesmachine }),
    faults: untilFaultsEnd(world.lambda),
    onFailure: (bodies) => {
      for (const body of bodies) allowDuplicate(body, DUPLICATE_CAUSE.killed);
    },
  });
  const segment = createSegment(segmentSettings, { time, random: stream('segment'), tracker, post });

  let isReplayed = true;
  const replayDeadLetters = async ({ from, deadLetters }: ReplaySettings): Promise<void> => {
    isReplayed = false;
    seedDeadLetters(deadLetters, deadLetterQueue, tracker, start);
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

  const disarm = segmentSettings.fatalEvents ? armFatalMessages() : () => {};
  if (world.replay) void replayDeadLetters(world.replay);
  segment.start();
  const isDrained = () => {
    const { visible, inFlight } = queue.counts(time.now());
    return segment.isDone() && isReplayed && visible + inFlight === 0;
  };
  const faultsOverAt = Number.isFinite(faultsEndAt) ? start + faultsEndAt : start;
  let recoveredAt: number | undefined;
  while (!isDrained() && (recoveredAt === undefined || time.now() < recoveredAt + drainMs)) {
    await time.run(time.now() + SLICE_MS);
    if (segment.isDone()) recoveredAt ??= Math.max(time.now(), faultsOverAt);
  }
  // What was on its way when the queue became empty, such as answers and deletions, still arrives.
  await time.run(time.now() + WORKER_TIMEOUT_MS);
  disarm();

  const deadLetters: DeadLetterRecord[] = [...deadLetterQueue.contents()].map(({ body, attributes }) => ({
    number: parseEventNumber(body),
    reason: attributes?.['reason']?.StringValue ?? 'receive_limit',
  }));
  const queued = new Set([...queue.contents()].flatMap(({ body }) => parseEventNumber(body) ?? []));
  const timeouts = mapping.timeouts();
  const runState = {
    tracker,
    requests: salesmachine.requestChecker,
    evidence,
    links: salesmachine.links,
    deadLetters,
    queued,
    expired,
    timeouts,
    leaks,
  };
  return {
    seed,
    trace: salesmachine.requestChecker.trace(),
    broken: brokenInvariants(runState),
    ...computeMetrics(runState, {
      start,
      end: time.now(),
      faultsOverAt,
      outage: world.outage,
      wakes: time.wakes(),
      webhooks: segment.counts(),
      invocations: mapping.invocations(),
      quotaPerMs:
        (world.salesmachine?.quota?.requests ?? 900) / (world.salesmachine?.quota?.windowMs ?? 300_000),
    }),
  };
}

const countEvents = ({ segment, replay }: World): number =>
  segment.events + (segment.afterwards?.events ?? 0) + (replay?.deadLetters ?? 0);

function createObservedLog(onLine: (line: string) => void): Log {
  const write = (message: string, fields: LogFields) =>
    onLine(`${message} ${JSON.stringify(pickKnownFields(fields))}`);
  return { debug: write, info: write, warn: write, error: write };
}
