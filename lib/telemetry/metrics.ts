import type { LogFields, NumberField, StringField } from './log-fields.ts';
import type { LogMessage } from './log-messages.ts';

/** Every metric that the functions write, with its unit in CloudWatch. */
const METRIC_UNITS = {
  Accepted: 'Count',
  AgeAtDelivery: 'Milliseconds',
  AuthenticationFailures: 'Count',
  DeadLettered: 'Count',
  Delivered: 'Count',
  DeliveryPauses: 'Count',
  EventsPerRequest: 'Count',
  NotQueued: 'Count',
  OldestUndeliveredAge: 'Milliseconds',
  OperationsPerRequest: 'Count',
  PauseTime: 'Milliseconds',
  PossibleDuplicates: 'Count',
  QuotaRemaining: 'Count',
  ReceivedPerRequest: 'Count',
  Released: 'Count',
  RequestDuration: 'Milliseconds',
  Requests: 'Count',
  RequestsByOutcome: 'Count',
  Skipped: 'Count',
  SlotWait: 'Milliseconds',
  UnexpectedErrors: 'Count',
} as const;

export type MetricName = keyof typeof METRIC_UNITS;

/** One value of a CloudWatch metric. */
export type Metric = {
  name: MetricName;
  unit: (typeof METRIC_UNITS)[MetricName];
  value: number;
  /** The field of the line that is the metric's dimension. */
  dimension?: StringField;
};

type Rule = {
  name: MetricName;
  /** The field that holds the value; without one, the line itself counts. */
  value?: NumberField;
  dimension?: StringField;
  /** Only lines with these values count. */
  when?: LogFields;
};

const delivered = { outcome: 'delivered' };

/** A ping takes as much of the quota as a batch. */
const requests = [{ name: 'Requests' }, { name: 'RequestsByOutcome', dimension: 'outcome' }] as const;

/**
 * The metrics that each line feeds, by its message. A line without the field of a rule's value or dimension feeds
 * nothing by that rule. CloudWatch charges for each value of a dimension as for a metric, so few metrics have one.
 */
export const metricsByMessage = {
  // The ingest.
  'events queued': [{ name: 'Accepted', value: 'accepted' }],
  'events skipped': [{ name: 'Skipped', value: 'events', dimension: 'cause' }],
  'events not queued': [{ name: 'NotQueued' }],
  'authentication failed': [{ name: 'AuthenticationFailures', dimension: 'cause' }],

  // The worker.
  'ping completed': requests,
  'request completed': [
    ...requests,
    { name: 'OperationsPerRequest', value: 'operations', when: delivered },
    { name: 'EventsPerRequest', value: 'events', when: delivered },
    { name: 'ReceivedPerRequest', value: 'received', when: delivered },
    { name: 'SlotWait', value: 'waitMs' },
    { name: 'AgeAtDelivery', value: 'oldestAgeMs', when: delivered },
    { name: 'RequestDuration', value: 'durationMs' },
    { name: 'QuotaRemaining', value: 'remaining' },
    { name: 'PossibleDuplicates', value: 'events', dimension: 'cause' },
  ],
  'delivered messages not deleted': [{ name: 'PossibleDuplicates', value: 'messages', dimension: 'cause' }],
  'delivery paused': [{ name: 'DeliveryPauses', dimension: 'cause' }],
  'pause elapsed': [{ name: 'PauseTime', value: 'pausedMs', dimension: 'cause' }],
  'invocation settled': [
    { name: 'Delivered', value: 'delivered' },
    { name: 'Released', value: 'released' },
    { name: 'OldestUndeliveredAge', value: 'oldestLeftMs' },
  ],

  // Both.
  'dead letter written': [{ name: 'DeadLettered', value: 'events', dimension: 'reason' }],
  'event not mapped': [{ name: 'UnexpectedErrors' }],
  'unexpected error caught': [{ name: 'UnexpectedErrors' }],
} as const satisfies Partial<Record<LogMessage, readonly Rule[]>>;

const rulesByMessage: Partial<Record<LogMessage, readonly Rule[]>> = metricsByMessage;

/** The metrics of one line. */
export function toMetrics(message: LogMessage, fields: LogFields): Metric[] {
  const values = new Map<string, unknown>(Object.entries(fields));
  return (rulesByMessage[message] ?? []).flatMap(({ name, value: field, dimension, when = {} }) => {
    const value = field === undefined ? 1 : fields[field];
    const isMatch = Object.entries(when).every(([other, wanted]) => values.get(other) === wanted);
    if (value === undefined || !isMatch || (dimension && fields[dimension] === undefined)) return [];
    return [{ name, unit: METRIC_UNITS[name], value, ...(dimension && { dimension }) }];
  });
}
