import * as v from 'valibot';
import { at } from '../support/template.ts';
import { metricKey } from './emitted-metrics.ts';

/** A metric as a template names it. */
export type MetricReference = { namespace: string; key: string };

const dimensionSchema = v.strictObject({ Name: v.string(), Value: v.unknown() });

export const metricSchema = v.strictObject({
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.pipe(v.array(dimensionSchema), v.maxLength(1)), []),
});

/** CloudWatch refuses another one, in an alarm and in a widget. */
export const queryIdSchema = v.pipe(v.string(), v.regex(/^[a-z]\w*$/));

export function toMetricReference({
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
export function applyStatistic(name: string, values: readonly number[] = []): number | undefined {
  const statistic = statistics[name];
  if (!statistic) throw new Error(`there is no statistic ${name}`);
  return values.length > 0 ? statistic(values) : undefined;
}
