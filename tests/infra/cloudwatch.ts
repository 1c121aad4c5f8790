import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import { at, type Template } from '../support/template.ts';
import { metricKey } from './emitted-metrics.ts';

/** A metric as a template names it. */
export type MetricReference = { namespace: string; key: string };

const dimensionSchema = v.strictObject({ Name: v.string(), Value: v.unknown() });

const metricSchema = v.strictObject({
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.pipe(v.array(dimensionSchema), v.maxLength(1)), []),
});

/** CloudWatch refuses another one, in an alarm and in a widget. */
const queryIdSchema = v.pipe(v.string(), v.regex(/^[a-z]\w*$/));

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

function toMetricReference({
  Namespace,
  MetricName,
  Dimensions: [dimension],
}: v.InferOutput<typeof metricSchema>): MetricReference {
  const isOurs = !Namespace.startsWith('AWS/');
  const key = isOurs
    ? metricKey(MetricName, dimension?.Name, dimension?.Value)
    : metricKey(`${Namespace} ${MetricName}`, dimension?.Name, dimension && findResource(dimension));
  return { namespace: Namespace, key };
}

/** By dimension of AWS's metrics, the attribute that is its value; without one, it is what a `Ref` gives. */
const dimensionAttributes: Readonly<Record<string, string>> = { QueueName: 'QueueName' };

/** The resource that a metric of AWS's is about: `Queue`. @throws if CloudWatch knows it by another attribute */
function findResource({ Name, Value }: v.InferOutput<typeof dimensionSchema>): string | undefined {
  const [id, attribute] = readReference(Value);
  if (attribute === dimensionAttributes[Name]) return id;
  throw new Error(`CloudWatch has no metric with the ${Name} ${JSON.stringify(Value)}`);
}

/** A resource's logical id and, if that is referred to, its attribute: of an intrinsic function, or in a text's `${}`. */
function readReference(value: unknown): (string | undefined)[] {
  const reference = typeof value === 'string' ? /^\$\{(.+)\}$/.exec(value)?.[1] : at(value, 'Ref');
  const target = reference === undefined ? at(value, 'Fn::GetAtt') : String(reference).split('.');
  return Array.isArray(target) ? target.map(String) : [];
}

export const alarmMetrics = ({ queries }: Alarm): MetricReference[] =>
  queries.flatMap(({ MetricStat }) => (MetricStat ? [toMetricReference(MetricStat.Metric)] : []));

/** The values of one period, by metric. */
export type Values = Readonly<Record<string, readonly number[]>>;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const statistics: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: sum,
  Average: (values) => sum(values) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  p99: (values) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN,
};

/** One value of a metric; undefined where there are none, as in CloudWatch. */
function applyStatistic(name: string, values: readonly number[] = []): number | undefined {
  const statistic = statistics[name];
  if (!statistic) throw new Error(`there is no statistic ${name}`);
  return values.length > 0 ? statistic(values) : undefined;
}

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

const seriesSchema = v.object({
  id: v.optional(queryIdSchema),
  label: v.optional(v.string()),
  stat: v.optional(v.string()),
  expression: v.optional(v.string()),
  visible: v.optional(v.boolean(), true),
});

const widgetSchema = v.variant('type', [
  v.object({ type: v.literal('text') }),
  v.object({ type: v.literal('alarm'), properties: v.object({ alarms: v.array(v.string()) }) }),
  v.object({
    type: v.literal('metric'),
    properties: v.object({
      title: v.string(),
      region: v.optional(v.string()),
      period: v.number(),
      stat: v.optional(v.string(), 'Average'),
      yAxis: v.optional(v.object({ left: v.optional(v.object({ max: v.optional(v.number()) })) })),
      metrics: v.array(v.array(v.unknown())),
    }),
  }),
]);

const dashboardSchema = v.pipe(v.string(), v.parseJson(), v.object({ widgets: v.array(widgetSchema) }));

const readWidgets = (body: string) => v.parse(dashboardSchema, body).widgets;

/** The widgets of metrics, by what they show. */
export const metricWidgets = (body: string) =>
  readWidgets(body).flatMap((widget) => (widget.type === 'metric' ? widget.properties : []));

type Series = v.InferOutput<typeof seriesSchema> & { reference: MetricReference | undefined };

/** The series of a widget: in each list, `.` stands for what is above it. One without a reference is an expression. */
function readSeries(metrics: readonly (readonly unknown[])[]): Series[] {
  let above: string[] = [];
  return metrics.map((metric) => {
    const options = v.parse(seriesSchema, metric.find((part) => typeof part !== 'string') ?? {});
    const words = metric.filter((part) => typeof part === 'string');
    if (words.length === 0) return { ...options, reference: undefined };
    above = words.map((word, index) => (word === '.' ? (above[index] ?? '') : word));
    const [Namespace = '', MetricName = '', Name, Value] = above;
    const Dimensions = Name === undefined ? [] : [{ Name, Value }];
    const reference = toMetricReference({ Namespace, MetricName, Dimensions });
    return { label: Value ?? MetricName, ...options, reference };
  });
}

/** The metrics that a dashboard shows. */
export const dashboardMetrics = (body: string): MetricReference[] =>
  metricWidgets(body)
    .flatMap(({ metrics }) => readSeries(metrics))
    .flatMap(({ reference }) => reference ?? []);

/** What a dashboard shows of a period with these values: by the widget's title, each visible series that has a value. */
export function dashboardValues(body: string, values: Values): Record<string, Record<string, number>> {
  return Object.fromEntries(
    metricWidgets(body).map(({ title, period, stat: widgetStat, yAxis, metrics }) => {
      const max = yAxis?.left?.max ?? Number.MAX_VALUE;
      const series = readSeries(metrics).map(({ stat = widgetStat, ...each }) => ({
        ...each,
        value: each.reference && applyStatistic(stat, values[each.reference.key]),
      }));
      const known = Object.fromEntries(series.flatMap(({ id, value }) => (id ? [[id, value]] : [])));
      const evaluate = (expression: string) =>
        Number(runInNewContext(expression, { ...known, PERIOD: () => period }));
      const shown = series
        .filter(({ visible }) => visible)
        .map(({ label = '', value = Number.NaN, expression }): [string, number] => [
          label,
          expression === undefined ? value : evaluate(expression),
        ]);
      return [title, Object.fromEntries(shown.filter(([, value]) => value <= max))];
    }),
  );
}

/** The logical ids of the alarms that a dashboard shows. */
export const dashboardAlarms = (body: string): string[] =>
  readWidgets(body)
    .flatMap((widget) => (widget.type === 'alarm' ? widget.properties.alarms : []))
    .map((arn) => arn.replace(/^\$\{(\w+)\.Arn\}$/, '$1'));
