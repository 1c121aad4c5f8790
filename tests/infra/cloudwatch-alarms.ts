import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import type { Template } from '../support/template.ts';
import {
  applyStatistic,
  type MetricReference,
  metricSchema,
  queryIdSchema,
  toMetricReference,
  type Values,
} from './cloudwatch-metrics.ts';

const querySchema = v.strictObject({
  Id: queryIdSchema,
  Label: v.optional(v.string()),
  Expression: v.optional(v.string()),
  MetricStat: v.optional(v.strictObject({ Metric: metricSchema, Stat: v.string(), Period: v.number() })),
  ReturnData: v.optional(v.boolean(), true),
});

const isReturned = ({ ReturnData }: Query) => ReturnData;

const commonSchema = v.object({
  AlarmName: v.string(),
  AlarmDescription: v.string(),
  Threshold: v.number(),
  EvaluationPeriods: v.number(),
  DatapointsToAlarm: v.optional(v.number()),
  ComparisonOperator: v.literal('GreaterThanThreshold'),
  TreatMissingData: v.literal('notBreaching'),
  AlarmActions: v.unknown(),
  OKActions: v.unknown(),
});

/** Strict, for what is not modelled here (`ActionsEnabled`, a `Unit`) could keep an alarm silent. */
const alarmSchema = v.union([
  v.strictObject({
    ...commonSchema.entries,
    Metrics: v.pipe(
      v.array(querySchema),
      v.check((queries) => queries.filter(isReturned).length === 1, 'an alarm has one result'),
    ),
  }),
  v.strictObject({
    ...commonSchema.entries,
    ...metricSchema.entries,
    // A percentile would be an ExtendedStatistic.
    Statistic: v.picklist(['Sum', 'Average', 'Maximum', 'Minimum']),
    Period: v.number(),
  }),
]);

type Query = v.InferOutput<typeof querySchema>;

export type Alarm = {
  name: string;
  description: string;
  threshold: number;
  /** So many of the last periods have to cross it. */
  datapoints: number;
  evaluationPeriods: number;
  /** How long it takes until it goes off, in minutes, from when the threshold is crossed. */
  minutes: number;
  queries: Query[];
};

/** @throws for an alarm with another comparison than all the others, or with what is not modelled here */
export function readAlarms(template: Template): Alarm[] {
  return Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => {
      const alarm = v.parse(alarmSchema, Properties);
      const queries = 'Metrics' in alarm ? alarm.Metrics : [simpleQuery(alarm)];
      const datapoints = alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods;
      return {
        name: alarm.AlarmName,
        description: alarm.AlarmDescription,
        threshold: alarm.Threshold,
        datapoints,
        evaluationPeriods: alarm.EvaluationPeriods,
        minutes: (datapoints * findPeriod(queries)) / 60,
        queries,
      };
    });
}

/** In seconds. @throws if the metrics of an alarm have more than one */
function findPeriod(queries: readonly Query[]): number {
  const [period, ...others] = new Set(queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  if (period === undefined || others.length > 0) throw new Error('an alarm has one period');
  return period;
}

const simpleQuery = (
  metric: v.InferOutput<typeof metricSchema> & { Statistic: string; Period: number },
): Query => ({
  Id: 'metric',
  MetricStat: { Metric: metric, Stat: metric.Statistic, Period: metric.Period },
  ReturnData: true,
  Expression: undefined,
});

export const alarmMetrics = ({ queries }: Alarm): MetricReference[] =>
  queries.flatMap(({ MetricStat }) => (MetricStat ? [toMetricReference(MetricStat.Metric)] : []));

/** As much of CloudWatch's metric math as the alarms use; what is missing is undefined. */
const metricMath = {
  FILL: (value: number | undefined, other: number) => value ?? other,
  MAX: (values: readonly number[]) => Math.max(...values),
  IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
};

/** Whether the alarm's threshold is crossed by these values. */
export function isCrossed({ queries, threshold }: Alarm, values: Values): boolean {
  const known: Record<string, unknown> = { ...metricMath };
  for (const { Id, MetricStat } of queries) {
    if (!MetricStat) continue;
    known[Id] = applyStatistic(MetricStat.Stat, values[toMetricReference(MetricStat.Metric).key]);
  }
  const results = queries
    .filter(isReturned)
    .map(({ Id, Expression }) =>
      Expression === undefined ? known[Id] : runInNewContext(Expression.replaceAll(' AND ', ' && '), known),
    );
  return results.some((result) => typeof result === 'number' && result > threshold);
}

/** The first period by whose end the alarm has gone off, or undefined. */
export function findAlarmingPeriod(alarm: Alarm, periods: readonly Values[]): number | undefined {
  const crossed = periods.map((values) => isCrossed(alarm, values));
  const index = crossed.findIndex((_, last) => {
    const recent = crossed.slice(0, last + 1).slice(-alarm.evaluationPeriods);
    return recent.filter(Boolean).length >= alarm.datapoints;
  });
  return index === -1 ? undefined : index;
}
