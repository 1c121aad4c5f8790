import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import {
  applyStatistic,
  type MetricReference,
  queryIdSchema,
  toMetricReference,
  type Values,
} from './cloudwatch-metrics.ts';

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
