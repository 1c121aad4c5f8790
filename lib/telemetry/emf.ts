import type { Metric } from './metrics.ts';

/**
 * Metrics as members of a log line, in CloudWatch's embedded metric format: CloudWatch reads them from the log, so that
 * they need neither call nor permission, and none is lost that was logged. A dimension is the line's field of its name.
 *
 * @param now milliseconds since the epoch
 */
export function toEmf(metrics: readonly Metric[], namespace: string, now: number): object {
  if (metrics.length === 0) return {};
  const directives = Array.from(
    Map.groupBy(metrics, ({ dimension }) => dimension),
    ([dimension, group]) => ({
      Namespace: namespace,
      Dimensions: [dimension === undefined ? [] : [dimension]],
      Metrics: group.map(({ name, unit }) => ({ Name: name, Unit: unit })),
    }),
  );
  return {
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
    _aws: { Timestamp: now, CloudWatchMetrics: directives },
  };
}
