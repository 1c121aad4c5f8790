import type { LogFields, NumberField, StringField } from './log-fields.ts';

/** One value of a CloudWatch metric. */
export type Metric = {
  name: string;
  unit: 'Count' | 'Milliseconds';
  value: number;
  /** The field of the line that tells several metrics of this name apart. */
  by?: StringField;
};

type Rule = {
  name: string;
  unit?: Metric['unit'];
  /** The field that holds the value; without one, the line itself counts. */
  value?: NumberField;
  by?: StringField;
  /** Only lines with these values count. */
  when?: LogFields;
};

const delivered = { outcome: 'delivered' };

/** Of the quota, a ping takes as much as a batch. */
const requests = [{ name: 'Requests' }, { name: 'RequestsByOutcome', by: 'outcome' }] as const;

/**
 * The metrics that come of each line, by its message. A line without the field of a rule's value or dimension yields
 * nothing by that rule. Each value that a dimension takes is a metric to be paid for, so few have one.
 */
export const metricsByMessage = {
  // The ingest.
  'events queued': [{ name: 'Accepted', value: 'accepted' }],
  'events skipped': [{ name: 'Skipped', value: 'events', by: 'cause' }],
  'request refused': [{ name: 'Refused', by: 'cause' }],
  'events were not queued': [{ name: 'NotQueued' }],

  // Both.
  'dead letter': [{ name: 'DeadLettered', value: 'events', by: 'reason' }],

  // The worker.
  ping: requests,
  request: [
    ...requests,
    { name: 'OperationsPerRequest', value: 'operations', when: delivered },
    { name: 'EventsPerRequest', value: 'events', when: delivered },
    { name: 'FilledPerRequest', value: 'filled', when: delivered },
    { name: 'WaitForSlot', unit: 'Milliseconds', value: 'waitMs' },
    { name: 'AgeAtDelivery', unit: 'Milliseconds', value: 'oldestAgeMs', when: delivered },
    { name: 'RequestDuration', unit: 'Milliseconds', value: 'durationMs' },
    { name: 'QuotaRemaining', value: 'remaining' },
    { name: 'PossibleDuplicates', value: 'events', by: 'cause' },
  ],
  'delivered, but not deleted: may be delivered again': [
    { name: 'PossibleDuplicates', value: 'messages', by: 'cause' },
  ],
  'holding: Salesmachine cannot be delivered to': [{ name: 'Holds', by: 'cause' }],
  held: [{ name: 'HoldTime', unit: 'Milliseconds', value: 'heldMs', by: 'cause' }],
  'invocation settled': [
    { name: 'Delivered', value: 'delivered' },
    { name: 'HandedBack', value: 'handedBack' },
    { name: 'OldestUndeliveredAge', unit: 'Milliseconds', value: 'oldestLeftMs' },
  ],

  // What nobody has foreseen.
  'a request ended in an unforeseen way': [{ name: 'Unforeseen' }],
  'a batch ended in an unforeseen way': [{ name: 'Unforeseen' }],
} as const satisfies Record<string, readonly Rule[]>;

const rulesByMessage = new Map<string, readonly Rule[]>(Object.entries(metricsByMessage));

/** The metrics of one line. */
export function toMetrics(message: string, fields: LogFields): Metric[] {
  const values = new Map<string, unknown>(Object.entries(fields));
  return (rulesByMessage.get(message) ?? []).flatMap(
    ({ name, unit = 'Count', value: field, by, when = {} }) => {
      const value = field === undefined ? 1 : fields[field];
      const isMatch = Object.entries(when).every(([other, wanted]) => values.get(other) === wanted);
      if (value === undefined || !isMatch || (by && fields[by] === undefined)) return [];
      return [{ name, unit, value, ...(by && { by }) }];
    },
  );
}
