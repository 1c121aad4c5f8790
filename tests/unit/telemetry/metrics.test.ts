import { expect, test } from '@jest/globals';
import { toEmf } from '../../../lib/telemetry/emf.ts';
import { metricsByMessage, toMetrics } from '../../../lib/telemetry/metrics.ts';

test('a delivered request counts, fills and ages', () => {
  const fields = {
    outcome: 'delivered',
    operations: 98,
    events: 90,
    received: 80,
    waitMs: 650,
    oldestAgeMs: 1_200,
  };
  expect(toMetrics('request completed', fields)).toEqual([
    { name: 'Requests', unit: 'Count', value: 1 },
    { name: 'RequestsByOutcome', unit: 'Count', value: 1, dimension: 'outcome' },
    { name: 'OperationsPerRequest', unit: 'Count', value: 98 },
    { name: 'EventsPerRequest', unit: 'Count', value: 90 },
    { name: 'ReceivedPerRequest', unit: 'Count', value: 80 },
    { name: 'SlotWait', unit: 'Milliseconds', value: 650 },
    { name: 'AgeAtDelivery', unit: 'Milliseconds', value: 1_200 },
  ]);
});

test('a request that was not delivered says nothing of full requests and of ages at delivery', () => {
  const names = toMetrics('request completed', {
    outcome: 'throttled',
    operations: 98,
    oldestAgeMs: 1_200,
  }).map(({ name }) => name);
  expect(names).toEqual(['Requests', 'RequestsByOutcome']);
});

test('a lost answer is counted with the events that may arrive twice', () => {
  const metrics = toMetrics('request completed', {
    outcome: 'possibly_applied',
    events: 7,
    cause: 'answer_lost',
  });
  expect(metrics).toContainEqual({ name: 'PossibleDuplicates', unit: 'Count', value: 7, dimension: 'cause' });
});

test('a line that feeds no metric yields nothing, nor does one whose dimension is missing', () => {
  expect(toMetrics('worker failed', { accepted: 1 })).toEqual([]);
  expect(toMetrics('events skipped', { events: 3 })).toEqual([]);
});

test('no metric has the name of a field: CloudWatch takes its value from the member of its name', () => {
  const names = Object.values(metricsByMessage).flatMap((rules) => rules.map(({ name }) => name));
  for (const name of names) expect(name).toMatch(/^[A-Z]/);
});

test('metrics are embedded as CloudWatch reads them, those with a dimension apart', () => {
  const metrics = toMetrics('request completed', { outcome: 'throttled' });
  expect(toEmf(metrics, 'relay/dev', 1_767_225_600_000)).toEqual({
    Requests: 1,
    RequestsByOutcome: 1,
    _aws: {
      Timestamp: 1_767_225_600_000,
      CloudWatchMetrics: [
        { Namespace: 'relay/dev', Dimensions: [[]], Metrics: [{ Name: 'Requests', Unit: 'Count' }] },
        {
          Namespace: 'relay/dev',
          Dimensions: [['outcome']],
          Metrics: [{ Name: 'RequestsByOutcome', Unit: 'Count' }],
        },
      ],
    },
  });
  // JSON knows no undefined: a dimension that is none would be null.
  expect(JSON.stringify(toEmf(metrics, 'relay/dev', 0))).toContain('"Dimensions":[[]]');
  expect(toEmf([], 'relay/dev', 0)).toEqual({});
});
