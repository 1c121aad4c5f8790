import * as v from 'valibot';
import { type DeliveryStatus, localStatusSchema } from '../../local/api-schema.ts';
import { getQueueDepth } from '../../sqs/queue-depth.ts';
import type { CommandContext } from '../command-context.ts';
import type { Connection, TargetOptions } from '../connection.ts';
import { requestLocalRelay } from '../request-local-relay.ts';
import { fetchStageDelivery } from '../stage/stage-delivery.ts';
import { connectMetricsClients, fetchStageMetrics, type QueueMetrics } from '../stage/stage-metrics.ts';

/** How a relay is; null is what could not be found out. */
export type Status = QueueMetrics & {
  /** What holds delivery, if anything does. */
  delivery: DeliveryStatus | null;
  queued: number;
  inFlight: number;
  deadLetters: number;
};

/** Counts only: no message is received for it. */
export async function fetchStatus(
  target: TargetOptions,
  connection: Connection,
  context: CommandContext,
): Promise<Status> {
  const [depth, deadLetters, metrics] = await Promise.all([
    getQueueDepth(connection.sqs, connection.queueUrl),
    getQueueDepth(connection.sqs, connection.deadLetterQueueUrl),
    target.stage === undefined ? fetchLocal(context) : fetchStage(target.stage, target.region, context),
  ]);
  return { ...metrics, ...depth, deadLetters: deadLetters.queued + deadLetters.inFlight };
}

type Metrics = Pick<Status, 'delivery' | keyof QueueMetrics>;

async function fetchStage(
  stage: string,
  region: string | undefined,
  { clock }: CommandContext,
): Promise<Metrics> {
  const [delivery, metrics] = await Promise.all([
    fetchStageDelivery(stage, region, clock),
    fetchStageMetrics(stage, clock, () => connectMetricsClients(region)),
  ]);
  return { delivery, ...metrics };
}

const localStateSchema = v.object({ accepted: v.number(), delivered: v.number() });

async function fetchLocal(context: CommandContext): Promise<Metrics> {
  const [{ mappingOn, oldestAgeSeconds, delivery = null }, { accepted, delivered }] = await Promise.all([
    requestLocalRelay(context, 'GET /local/status', localStatusSchema),
    requestLocalRelay(context, 'GET /local/state', localStateSchema),
  ]);
  const flow = { period: 'since start', sent: accepted, done: delivered };
  return { delivery, mappingOn, oldestAgeSeconds, flow };
}

/** What holds delivery, if anything does; null if it cannot be found out. */
export const fetchDelivery = async (
  { stage, region }: TargetOptions,
  context: Pick<CommandContext, 'env' | 'clock'>,
): Promise<DeliveryStatus | null> =>
  stage === undefined
    ? ((await requestLocalRelay(context, 'GET /local/status', localStatusSchema)).delivery ?? null)
    : fetchStageDelivery(stage, region, context.clock);
