import { DUPLICATE_CAUSE } from '../checks/event-tracker.ts';
import type { RunState } from '../checks/invariants.ts';
import { findHeldUp } from './held-up.ts';
import { measureOutage, type Outage, type OutageMetrics } from './outage-metrics.ts';

/**
 * What a run comes to. Rates are per second; latencies in milliseconds, from the first webhook to Salesmachine, of what
 * it takes and what does not have to wait for an event of the same user that it does not take.
 */
export type RunMetrics = {
  accepted: number;
  delivered: number;
  deliveredPerSecond: number;
  /** From the first webhook to the last delivery. */
  lastedMs: number;
  /** From the last fault, or the last new event, to the last delivery. */
  drainMs: number;
  queued: number;
  deadLetters: Record<string, number>;
  duplicates: number;
  duplicateCauses: Record<keyof typeof DUPLICATE_CAUSE, number>;
  /** Operations that merging saved. */
  merged: number;
  requests: number;
  batches: number;
  pings: number;
  aliases: number;
  /** Requests that it took to find a bad operation: each that followed a refusal of it, and pings. */
  bisectCost: { mean: number; worst: number };
  operationsPerBatch: number;
  throttled: number;
  /** The part of the requests that were answered by 429. */
  throttledShare: number;
  /** The part of the quota that was used, from the first delivery to the last. */
  quotaShare: number;
  requestsPerHour: number[];
  /** The most requests in an hour in which nothing was delivered. */
  idleRequestsPerHour: number;
  answers: Record<string, number>;
  /** The longest time in which nothing was delivered, while events came. */
  longestPauseMs: number;
  /** Requests with a part of a batch that had failed: a search. */
  splits: number;
  /** The largest part of a window's quota that went to events that are known to be bad. */
  keptShare: number;
  /** From the last delivery to the last dead letter. */
  lastGivenUpMs: number;
  /** Of the outage that the world measures. */
  outage: OutageMetrics | undefined;
  p50: number;
  p99: number;
  slowest: number;
  webhooks: { webhooks: number; retries: number; discarded: number; givenUp: number };
  invocations: number;
  simulatedSeconds: number;
  wakes: number;
};

type RunInfo = Pick<RunMetrics, 'webhooks' | 'invocations' | 'wakes'> & {
  start: number;
  end: number;
  faultsOverAt: number;
  outage: Outage | undefined;
  quotaPerMs: number;
};

export function computeMetrics(
  { tracker, requests, deadLetters, queued }: RunState,
  runInfo: RunInfo,
): RunMetrics {
  const { firstSentAt, deliveredAt, deadAt, duplicates, causes } = tracker.events;
  const numbers = Array.from({ length: tracker.size() }, (_, number) => number);
  const reached = numbers.filter((number) => Number.isFinite(deliveredAt[number]));
  const heldUp = findHeldUp(tracker);
  const latencies = Float64Array.from(
    reached.filter((number) => !heldUp.has(number)),
    (number) => (deliveredAt[number] ?? 0) - (firstSentAt[number] ?? 0),
  ).sort();
  const times = Float64Array.from(reached, (number) => deliveredAt[number] ?? 0).sort();
  const [first = runInfo.start, last = runInfo.end] = [times.at(0), times.at(-1)];
  const lastSentAt = firstSentAt[tracker.size() - 1] ?? runInfo.start;
  const duplicated = numbers.filter((number) => duplicates[number] !== 0);
  const { totals, byStatus, perHour } = requests;
  return {
    accepted: numbers.filter(tracker.isAccepted).length,
    delivered: numbers.filter(tracker.isDelivered).length,
    deliveredPerSecond: reached.length / Math.max(1, (last - first) / 1_000),
    lastedMs: last - runInfo.start,
    drainMs: last - Math.max(runInfo.faultsOverAt, lastSentAt),
    queued: queued.size,
    deadLetters: countBy(deadLetters.map(({ reason }) => reason)),
    duplicates: duplicated.length,
    duplicateCauses: {
      unanswered: causedBy(duplicated, causes, DUPLICATE_CAUSE.unanswered),
      killed: causedBy(duplicated, causes, DUPLICATE_CAUSE.killed),
      undeleted: causedBy(duplicated, causes, DUPLICATE_CAUSE.undeleted),
      resent: causedBy(duplicated, causes, DUPLICATE_CAUSE.resent),
      partial: causedBy(duplicated, causes, DUPLICATE_CAUSE.partial),
    },
    merged: tracker.merged(),
    requests: totals.requests,
    batches: totals.batches,
    pings: totals.pings,
    aliases: totals.aliases,
    bisectCost: requests.bisectCosts(),
    operationsPerBatch: totals.batchOperations / Math.max(1, totals.batches),
    throttled: totals.throttled,
    throttledShare: totals.throttled / Math.max(1, totals.requests),
    quotaShare: (totals.requests - totals.throttled) / Math.max(1, (last - first) * runInfo.quotaPerMs),
    requestsPerHour: Array.from(perHour, (requests = 0) => requests),
    idleRequestsPerHour: requests.idlePerHour(),
    answers: Object.fromEntries(byStatus),
    longestPauseMs: measureLongestPause(times.filter((time) => time <= lastSentAt)),
    splits: requests.splits(),
    keptShare: requests.keptPerWindow() / (runInfo.quotaPerMs * QUOTA_WINDOW_MS),
    lastGivenUpMs:
      deadAt.reduce((latest, at) => (Number.isFinite(at) ? Math.max(latest, at) : latest), last) - last,
    outage: runInfo.outage && measureOutage(runInfo.outage, runInfo.start, { tracker, requests }),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    slowest: latencies.at(-1) ?? Number.NaN,
    webhooks: runInfo.webhooks,
    invocations: runInfo.invocations,
    simulatedSeconds: (runInfo.end - runInfo.start) / 1_000,
    wakes: runInfo.wakes,
  };
}

/** The window in which what is kept is counted. */
const QUOTA_WINDOW_MS = 300_000;

const measureLongestPause = (times: Float64Array): number =>
  times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0);

const countBy = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));

const causedBy = (numbers: readonly number[], causes: Uint8Array, cause: number): number =>
  numbers.filter((number) => ((causes[number] ?? 0) & cause) !== 0).length;

const quantile = (sorted: Float64Array, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
