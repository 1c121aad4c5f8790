import { CAUSE } from './checks/event-tracker.ts';
import type { Evidence } from './checks/invariants.ts';

/**
 * What a run comes to. Rates are per second; latencies in milliseconds, from the first webhook to Salesmachine, of what
 * it takes at the first try.
 */
export type Figures = {
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
  duplicateCauses: Record<keyof typeof CAUSE, number>;
  /** Operations that merging saved. */
  merged: number;
  requests: number;
  batches: number;
  pings: number;
  aliases: number;
  /** Requests that it took to find a bad operation: each that followed a refusal of it, and pings. */
  searches: { mean: number; worst: number };
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
  p50: number;
  p99: number;
  webhooks: { webhooks: number; retries: number; discarded: number; givenUp: number };
  invocations: number;
  simulatedSeconds: number;
  wakes: number;
};

type Course = Pick<Figures, 'webhooks' | 'invocations' | 'wakes'> & {
  start: number;
  end: number;
  faultsOverAt: number;
  quotaPerMs: number;
};

export function measure({ ledger, requests, letters, queued }: Evidence, course: Course): Figures {
  const { poison, firstSentAt, deliveredAt, duplicates, causes } = ledger.events;
  const numbers = Array.from({ length: ledger.size() }, (_, number) => number);
  const reached = numbers.filter((number) => Number.isFinite(deliveredAt[number]));
  const latencies = Float64Array.from(
    reached.filter((number) => poison[number] === 0),
    (number) => (deliveredAt[number] ?? 0) - (firstSentAt[number] ?? 0),
  ).sort();
  const times = Float64Array.from(reached, (number) => deliveredAt[number] ?? 0).sort();
  const [first = course.start, last = course.end] = [times.at(0), times.at(-1)];
  const doubled = numbers.filter((number) => duplicates[number] !== 0);
  const { totals, byStatus, perHour } = requests;
  return {
    accepted: numbers.filter(ledger.isAccepted).length,
    delivered: numbers.filter(ledger.isDelivered).length,
    deliveredPerSecond: reached.length / Math.max(1, (last - first) / 1_000),
    lastedMs: last - course.start,
    drainMs: last - Math.max(course.faultsOverAt, firstSentAt[ledger.size() - 1] ?? course.start),
    queued: queued.size,
    deadLetters: countBy(letters.map(({ reason }) => reason)),
    duplicates: doubled.length,
    duplicateCauses: {
      unanswered: causedBy(doubled, causes, CAUSE.unanswered),
      killed: causedBy(doubled, causes, CAUSE.killed),
      undeleted: causedBy(doubled, causes, CAUSE.undeleted),
      resent: causedBy(doubled, causes, CAUSE.resent),
      partial: causedBy(doubled, causes, CAUSE.partial),
    },
    merged: ledger.merged(),
    requests: totals.requests,
    batches: totals.batches,
    pings: totals.pings,
    aliases: totals.aliases,
    searches: requests.searches(),
    operationsPerBatch: totals.batchOperations / Math.max(1, totals.batches),
    throttled: totals.throttled,
    throttledShare: totals.throttled / Math.max(1, totals.requests),
    quotaShare: (totals.requests - totals.throttled) / Math.max(1, (last - first) * course.quotaPerMs),
    requestsPerHour: Array.from(perHour, (requests = 0) => requests),
    idleRequestsPerHour: requests.idlePerHour(),
    answers: Object.fromEntries(byStatus),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    webhooks: course.webhooks,
    invocations: course.invocations,
    simulatedSeconds: (course.end - course.start) / 1_000,
    wakes: course.wakes,
  };
}

const countBy = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));

const causedBy = (numbers: readonly number[], causes: Uint8Array, cause: number): number =>
  numbers.filter((number) => ((causes[number] ?? 0) & cause) !== 0).length;

const quantile = (sorted: Float64Array, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
