import { REASONS, type Reason } from '../../lib/dead-letters/reasons.ts';
import { PAUSE_CAUSES } from '../../lib/delivery/reactions.ts';
import { SKIP_CAUSES } from '../../lib/mapping/skip-cause.ts';
import { OUTCOMES } from '../../lib/salesmachine/outcome.ts';
import { AUTH_FAILURES } from '../../lib/segment/authenticate.ts';
import type { LogFields, LogMessage } from '../../lib/telemetry/log.ts';
import { metricsByMessage, toMetrics } from '../../lib/telemetry/metrics.ts';

/** SQS itself writes those that it gives up. */
const reasons = REASONS.filter(
  (reason): reason is Exclude<Reason, 'receive_limit'> => reason !== 'receive_limit',
);

/** By line, what its dimensions can be; of other lines the metrics have none. */
const dimensions: Partial<Record<keyof typeof metricsByMessage, LogFields[]>> = {
  'events skipped': SKIP_CAUSES.map((cause) => ({ cause })),
  'authentication failed': AUTH_FAILURES.map((cause) => ({ cause })),
  'dead letter written': reasons.map((reason) => ({ reason })),
  'ping completed': OUTCOMES.map((outcome) => ({ outcome })),
  'request completed': OUTCOMES.map((outcome) => ({
    outcome,
    ...(outcome === 'possibly_applied' && { cause: 'answer_lost' }),
  })),
  'delivered messages not deleted': [{ cause: 'not_deleted' }],
  'delivery paused': PAUSE_CAUSES.map((cause) => ({ cause })),
  'pause elapsed': [...PAUSE_CAUSES, 'throttled'].map((cause) => ({ cause })),
};

const isLine = (message: string): message is keyof typeof metricsByMessage => message in metricsByMessage;

/** Any number will do for every field that a rule asks for. */
const numbers = Object.fromEntries(
  Object.values(metricsByMessage).flatMap((rules) =>
    rules.flatMap((rule) => ('value' in rule ? [[rule.value, 1]] : [])),
  ),
);

/** A metric as CloudWatch knows it: `Accepted`, or with its dimension `Skipped cause=screen`. */
export const metricKey = (name: string, dimension?: string, value?: unknown): string =>
  dimension === undefined ? name : `${name} ${dimension}=${value}`;

/** The metrics that a line yields, by their keys. */
export const metricsOfLine = (message: LogMessage, fields: LogFields) =>
  toMetrics(message, fields).map(({ name, dimension, value }) => ({
    key: metricKey(name, dimension, dimension && fields[dimension]),
    value,
  }));

/** Every metric that the relay can ever write. */
export const emittedMetrics: ReadonlySet<string> = new Set(
  Object.keys(metricsByMessage)
    .filter(isLine)
    .flatMap((message) => (dimensions[message] ?? [{}]).map((fields) => ({ message, fields })))
    .flatMap(({ message, fields }) => metricsOfLine(message, { ...numbers, ...fields }))
    .map(({ key }) => key),
);
