import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import { at, type Template } from '../support/template.ts';
import { metricKey } from './emitted-metrics.ts';

/** A metric as a template names it. */
export type MetricReference = { namespace: string; key: string };

const dimensionSchema = v.object({ Name: v.string(), Value: v.unknown() });

const metricSchema = v.object({
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.array(dimensionSchema), []),
});

const querySchema = v.object({
  Id: v.string(),
  Expression: v.optional(v.string()),
  MetricStat: v.optional(v.object({ Metric: metricSchema, Stat: v.string(), Period: v.number() })),
  ReturnData: v.optional(v.boolean(), true),
});

const commonSchema = v.object({
  AlarmName: v.string(),
  AlarmDescription: v.string(),
  Threshold: v.number(),
  EvaluationPeriods: v.number(),
  DatapointsToAlarm: v.optional(v.number()),
  ComparisonOperator: v.literal('GreaterThanThreshold'),
  TreatMissingData: v.literal('notBreaching'),
  AlarmActions: v.unknown(),
});

const alarmSchema = v.union([
  v.object({ ...commonSchema.entries, Metrics: v.array(querySchema) }),
  v.object({ ...commonSchema.entries, ...metricSchema.entries, Statistic: v.string(), Period: v.number() }),
]);

type Query = v.InferOutput<typeof querySchema>;

export type Alarm = {
  name: string;
  description: string;
  threshold: number;
  /** How many periods in a row have to cross it. */
  evaluationPeriods: number;
  /** How long it takes until it goes off, in minutes, from when the threshold is crossed. */
  minutes: number;
  queries: Query[];
};

/** The template's alarms; one without an action, or with another comparison than all the others, is an error. */
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

function toMetricReference({
  Namespace,
  MetricName,
  Dimensions: [dimension],
}: v.InferOutput<typeof metricSchema>): MetricReference {
  const isOurs = !Namespace.startsWith('AWS/');
  const key = isOurs
    ? metricKey(MetricName, dimension?.Name, dimension?.Value)
    : metricKey(`${Namespace} ${MetricName}`, dimension?.Name, findReferredId(dimension?.Value));
  return { namespace: Namespace, key };
}

/** The resource that a metric of AWS's is about: `Queue`, however it is referred to. */
function findReferredId(value: unknown): string | undefined {
  const references = [at(value, 'Ref'), at(value, 'Fn::GetAtt.0')].filter((id) => typeof id === 'string');
  return references[0] ?? /^\$\{(\w+)[.}]/.exec(String(value))?.[1];
}

export const alarmMetrics = ({ queries }: Alarm): MetricReference[] =>
  queries.flatMap(({ MetricStat }) => (MetricStat ? [toMetricReference(MetricStat.Metric)] : []));

/** The values of one period, by metric. */
export type Values = Readonly<Record<string, readonly number[]>>;

const statistics: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};

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
    const given = values[toMetricReference(MetricStat.Metric).key] ?? [];
    known[Id] = given.length > 0 ? statistics[MetricStat.Stat]?.(given) : undefined;
  }
  const results = queries
    .filter(({ ReturnData }) => ReturnData)
    .map(({ Id, Expression }) =>
      Expression === undefined ? known[Id] : runInNewContext(Expression.replaceAll(' AND ', ' && '), known),
    );
  return results.some((result) => typeof result === 'number' && result > threshold);
}

/** The first period by whose end the alarm has gone off, or undefined; not for alarms of M out of N periods. */
export function findAlarmingPeriod(alarm: Alarm, periods: readonly Values[]): number | undefined {
  let crossed = 0;
  const index = periods.findIndex((values) => {
    crossed = isCrossed(alarm, values) ? crossed + 1 : 0;
    return crossed >= alarm.evaluationPeriods;
  });
  return index === -1 ? undefined : index;
}

const dashboardSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    widgets: v.array(
      v.looseObject({
        properties: v.looseObject({
          metrics: v.optional(v.array(v.array(v.unknown())), []),
          alarms: v.optional(v.array(v.string()), []),
        }),
      }),
    ),
  }),
);

/** The metrics that a dashboard shows: in each list, `.` stands for what is above it. */
export function dashboardMetrics(body: string): MetricReference[] {
  return v.parse(dashboardSchema, body).widgets.flatMap(({ properties: { metrics } }) => {
    let above: string[] = [];
    return metrics.flatMap((metric) => {
      const words = metric.filter((part) => typeof part === 'string');
      if (words.length === 0) return [];
      above = words.map((word, index) => (word === '.' ? (above[index] ?? '') : word));
      const [Namespace = '', MetricName = '', Name, Value] = above;
      return [
        toMetricReference({ Namespace, MetricName, Dimensions: Name === undefined ? [] : [{ Name, Value }] }),
      ];
    });
  });
}

/** The logical ids of the alarms that a dashboard shows. */
export const dashboardAlarms = (body: string): string[] =>
  v
    .parse(dashboardSchema, body)
    .widgets.flatMap(({ properties: { alarms } }) => alarms)
    .map((arn) => arn.replace(/^\$\{(\w+)\.Arn\}$/, '$1'));
