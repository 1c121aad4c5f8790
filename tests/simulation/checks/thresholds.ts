import type { Result } from '../simulation.ts';

type Metric = { title: string; unit: keyof typeof units; of: (result: Result) => number };

const units = {
  number: (value: number) => String(Math.round(value * 100) / 100),
  percent: (value: number) => `${(value * 100).toFixed(2)} %`,
  milliseconds: (value: number) =>
    Math.abs(value) < 120_000 ? `${(value / 1_000).toFixed(2)} s` : `${(value / 60_000).toFixed(1)} min`,
};

/** What can be measured of a run. */
export const metrics = {
  rate: { title: 'events delivered per second', unit: 'number', of: (run) => run.deliveredPerSecond },
  fullness: { title: 'operations per request', unit: 'number', of: (run) => run.operationsPerBatch },
  quota: { title: 'quota used', unit: 'percent', of: (run) => run.quotaShare },
  throttled: { title: 'requests answered by 429', unit: 'percent', of: (run) => run.throttledShare },
  p50: { title: 'latency, p50', unit: 'milliseconds', of: (run) => run.p50 },
  p99: { title: 'latency, p99', unit: 'milliseconds', of: (run) => run.p99 },
  slowest: { title: 'latency, most', unit: 'milliseconds', of: (run) => run.slowest },
  lasted: {
    title: 'from the first webhook to the last delivery',
    unit: 'milliseconds',
    of: (run) => run.lastedMs,
  },
  emptied: {
    title: 'from the first webhook to the empty queue',
    unit: 'milliseconds',
    of: (run) => run.simulatedSeconds * 1_000,
  },
  drain: {
    title: 'from when all is well to the last delivery',
    unit: 'milliseconds',
    of: (run) => run.drainMs,
  },
  idle: {
    title: 'requests in an hour without a delivery',
    unit: 'number',
    of: (run) => run.idleRequestsPerHour,
  },
  pause: { title: 'longest pause in delivery', unit: 'milliseconds', of: (run) => run.longestPauseMs },
  splits: { title: 'requests with a part of a failed batch', unit: 'number', of: (run) => run.splits },
  kept: { title: 'quota that went to what is kept, most', unit: 'percent', of: (run) => run.keptShare },
  lastGivenUp: {
    title: 'from the last delivery to the last dead letter',
    unit: 'milliseconds',
    of: (run) => run.lastGivenUpMs,
  },
  firstMinute: {
    title: "requests in the outage's first minute",
    unit: 'number',
    of: (run) => run.outage?.requestsInFirstMinute ?? Number.NaN,
  },
  hourly: {
    title: 'requests in an hour of the outage after it',
    unit: 'number',
    of: (run) => run.outage?.requestsPerHour ?? Number.NaN,
  },
  outageRate: {
    title: 'events delivered per second of the outage',
    unit: 'number',
    of: (run) => run.outage?.deliveredPerSecond ?? Number.NaN,
  },
  resumed: {
    title: 'from the end of the outage to a delivery',
    unit: 'milliseconds',
    of: (run) => run.outage?.resumedMs ?? Number.NaN,
  },
  recovered: {
    title: 'from its end to the last event from before',
    unit: 'milliseconds',
    of: (run) => run.outage?.recoveredMs ?? Number.NaN,
  },
  merged: { title: 'operations saved by merging', unit: 'number', of: (run) => run.merged },
  duplicates: {
    title: 'events delivered twice, all with a cause',
    unit: 'number',
    of: (run) => run.duplicates,
  },
  searchMean: {
    title: 'extra requests for a bad operation, mean',
    unit: 'number',
    of: (run) => run.bisectCost.mean,
  },
  searchWorst: {
    title: 'extra requests for a bad operation, most',
    unit: 'number',
    of: (run) => run.bisectCost.worst,
  },
  deadLetters: { title: 'dead letters', unit: 'number', of: (run) => sum(run.deadLetters) },
  left: { title: 'left in the queue', unit: 'number', of: (run) => run.queued },
  refused: {
    title: 'events that Segment discarded or gave up',
    unit: 'number',
    of: ({ webhooks }) => webhooks.discarded + webhooks.givenUp,
  },
} as const satisfies Record<string, Metric>;

/** A measure, and what it has to come to. Without a bound it is only shown. */
export type Threshold = {
  metric: keyof typeof metrics;
  atLeast?: number;
  atMost?: number;
  /** A shorter run does not reach it, or does not show it. */
  fullOnly?: boolean;
};

/** A figure over several runs: the worst of them; or the mean, if it is only shown. */
export type ThresholdResult = { title: string; value: string; expected: string; isMet: boolean };

export function checkThreshold(
  { metric, atLeast, atMost }: Threshold,
  results: readonly Result[],
): ThresholdResult {
  const { title, unit, of }: Metric = metrics[metric];
  const values = results.map(of);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const format = units[unit];
  return {
    title,
    value: format(atLeast !== undefined ? least : atMost !== undefined ? most : mean),
    expected: [
      ...(atLeast === undefined ? [] : [`≥ ${format(atLeast)}`]),
      ...(atMost === undefined ? [] : [`≤ ${format(atMost)}`]),
    ].join(', '),
    isMet: (atLeast === undefined || least >= atLeast) && (atMost === undefined || most <= atMost),
  };
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);
