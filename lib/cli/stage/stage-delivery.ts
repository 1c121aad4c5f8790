import { PAUSE_CAUSES } from '../../delivery/reactions.ts';
import type { DeliveryStatus, FailingRequests } from '../../local/api-schema.ts';
import { addRequest } from '../../local/failing-requests.ts';
import type { Clock } from '../../runtime/clock.ts';
import { MAX_WAIT_MS } from '../../salesmachine/rate-limit.ts';
import type { LogMessage } from '../../telemetry/log-messages.ts';
import { connectCloudWatch, metricsNamespace } from './stage-clients.ts';
import { connectLogs, type LogRow, parseLogTime, queryLogs } from './stage-log.ts';
import { fetchMetric } from './stage-metrics.ts';

/** After a 429 the worker tries again within five minutes; as many again for what else may delay it, and its line. */
const MAX_THROTTLE_MS = 2 * MAX_WAIT_MS;

/** A lane that is held for long receives its messages again after at most 25 minutes. */
const WINDOW_MINUTES = 30;

const PAUSED = 'delivery paused' satisfies LogMessage;
const RESUMED = 'delivery resumed' satisfies LogMessage;
const REQUEST = 'request completed' satisfies LogMessage;

const QUERY = `fields @timestamp, message, outcome, cause, status, problem, remaining, probeInMs, durationMs
| filter message in ["${PAUSED}", "${RESUMED}", "${REQUEST}"] | sort @timestamp desc | limit 200`;

/**
 * What holds a stage's delivery: from the worker's log, or without the right to it from the metrics; null if unknown.
 */
export async function fetchStageDelivery(
  stage: string,
  region: string | undefined,
  clock: Clock,
): Promise<DeliveryStatus | null> {
  const [logs, cloudWatch] = await Promise.all([connectLogs(region), connectCloudWatch(region)]);
  const now = clock.now();
  const query = {
    functions: ['worker'],
    query: QUERY,
    from: now - WINDOW_MINUTES * 60_000,
    to: now,
  } as const;
  try {
    return readDelivery(await queryLogs(stage, query, logs, clock), now);
  } catch {
    return await fetchDeliveryMetrics(stage, { cloudWatch, clock }).catch(() => null);
  } finally {
    logs.destroy();
    cloudWatch.destroy();
  }
}

/** What the worker's log lines say, the newest first: it is held if a pause is newer than every delivery. */
export function readDelivery(rows: readonly LogRow[], now: number): DeliveryStatus {
  const endsPause = ({ message, outcome }: LogRow) =>
    message === RESUMED || (message === REQUEST && outcome === 'delivered');
  const sinceDelivery = rows.slice(0, findIndexOrEnd(rows, endsPause));
  const pauses = sinceDelivery.filter(({ message }) => message === PAUSED);
  // A 429 pauses delivery without a line of its own, and not for long.
  const throttles = sinceDelivery.filter(({ outcome }) => outcome === 'throttled');
  const throttle = throttles.slice(0, 1).find((row) => now - parseLogTime(row) <= MAX_THROTTLE_MS);
  const latest = pauses[0] ?? throttle;
  const first = latest && (pauses.at(-1) ?? throttles.at(-1));
  const delivered = rows.find(({ message, outcome }) => message === REQUEST && outcome === 'delivered');
  const remaining = rows.find((row) => row['remaining']);
  const failed = sinceDelivery.find((row) => row['status']);
  const answered = rows.find((row) => row['durationMs'] && row['status']);
  return {
    state: latest ? 'open' : 'closed',
    cause: latest?.['cause'] ?? latest?.['outcome'] ?? null,
    status: latest ? toNumber(latest['status'] ?? failed?.['status']) : null,
    text: latest?.['problem'] ?? null,
    lanes: null,
    since: first ? parseLogTime(first) : null,
    nextTryAt: latest?.['probeInMs'] ? parseLogTime(latest) + Number(latest['probeInMs']) : null,
    lastDeliveredAt: delivered ? parseLogTime(delivered) : null,
    lastRequestMs: toNumber(answered?.['durationMs']),
    quotaRemaining: toNumber(remaining?.['remaining']),
    retrying: null,
    failing: sinceDelivery.filter(({ message }) => message === REQUEST).reduceRight(addRow, null),
  };
}

const addRow = (failing: FailingRequests | null, row: LogRow): FailingRequests | null =>
  addRequest(failing, {
    at: parseLogTime(row),
    outcome: row['outcome'],
    status: toNumber(row['status']),
    problem: row['problem'] ?? null,
  });

function findIndexOrEnd(rows: readonly LogRow[], matches: (row: LogRow) => boolean): number {
  const index = rows.findIndex(matches);
  return index === -1 ? rows.length : index;
}

const toNumber = (text: string | undefined): number | null => (text ? Number(text) : null);

/** A metric takes some minutes to appear. */
const METRIC_MINUTES = 5;

/** It is held if it paused in the last minutes, and delivered nothing; null if it did neither. */
async function fetchDeliveryMetrics(
  stage: string,
  clients: Parameters<typeof fetchMetric>[2],
): Promise<DeliveryStatus | null> {
  const namespace = metricsNamespace(stage);
  const [delivered, ...pauses] = await Promise.all([
    fetchMetric({ namespace, name: 'Delivered', statistic: 'Sum' }, METRIC_MINUTES, clients),
    ...PAUSE_CAUSES.map((cause) => {
      const dimension = { Name: 'cause', Value: cause };
      return fetchMetric(
        { namespace, name: 'DeliveryPauses', dimension, statistic: 'Sum' },
        METRIC_MINUTES,
        clients,
      );
    }),
  ]);
  const cause = PAUSE_CAUSES.find((_, index) => (pauses[index] ?? 0) > 0) ?? null;
  const isDelivering = (delivered ?? 0) > 0;
  if (!isDelivering && cause === null) return null;
  const unknown = { status: null, text: null, lanes: null, since: null, nextTryAt: null };
  const held = isDelivering ? null : cause;
  return {
    ...unknown,
    state: held ? 'open' : 'closed',
    cause: held,
    lastDeliveredAt: null,
    lastRequestMs: null,
    quotaRemaining: null,
    retrying: null,
    failing: null,
  };
}
