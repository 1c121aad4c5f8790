import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { expect, test } from '@jest/globals';
import { fetchMetric, fetchStageMetrics } from '../../../lib/cli/stage/stage-metrics.ts';

const NOW = Date.UTC(2026, 0, 10);
const clock = { now: () => NOW, sleep: () => Promise.resolve() };

/** The SDK's clients with the answers of AWS; a function that throws is a right that is missing. */
const clients = (lambda: () => unknown, metric: (name: string | undefined) => unknown) => async () => ({
  lambda: { send: async () => lambda() },
  cloudWatch: {
    send: async (command: unknown) =>
      metric(command instanceof GetMetricStatisticsCommand ? command.input.MetricName : undefined),
  },
});

const deny = () => {
  throw Object.assign(new Error('denied'), { name: 'AccessDenied' });
};

const metrics: Record<string, object> = {
  ApproximateAgeOfOldestMessage: { Maximum: 12 },
  NumberOfMessagesSent: { Sum: 1_000 },
  NumberOfMessagesDeleted: { Sum: 990 },
};
const metricOf = (name = '') => ({ Datapoints: [metrics[name]] });

test('a deployment tells whether its worker is on, the age, and the last hour', async () => {
  const listEnabled = () => ({ EventSourceMappings: [{ State: 'Enabled' }] });
  expect(await fetchStageMetrics('prod', clock, clients(listEnabled, metricOf))).toEqual({
    mappingOn: true,
    oldestAgeSeconds: 12,
    flow: { period: 'last hour', sent: 1_000, done: 990 },
  });
  const listDisabled = () => ({ EventSourceMappings: [{ State: 'Disabled' }] });
  expect((await fetchStageMetrics('prod', clock, clients(listDisabled, metricOf))).mappingOn).toBe(false);
});

test('what may not be asked is unknown, and the rest is told', async () => {
  expect(await fetchStageMetrics('prod', clock, clients(deny, metricOf))).toMatchObject({
    mappingOn: null,
    oldestAgeSeconds: 12,
  });
  const listEnabled = () => ({ EventSourceMappings: [{ State: 'Enabled' }] });
  expect(await fetchStageMetrics('prod', clock, clients(listEnabled, deny))).toEqual({
    mappingOn: true,
    oldestAgeSeconds: null,
    flow: null,
  });
  expect(
    (
      await fetchStageMetrics(
        'prod',
        clock,
        clients(listEnabled, () => ({})),
      )
    ).oldestAgeSeconds,
  ).toBeNull();
});

test("the oldest age is the worker's where SQS has forgotten a message that was received three times", async () => {
  const listEnabled = () => ({ EventSourceMappings: [{ State: 'Enabled' }] });
  const ages: Record<string, object> = { ...metrics, OldestUndeliveredAge: { Maximum: 7_200_000 } };
  const metric = (name = '') => ({ Datapoints: [ages[name]] });
  expect((await fetchStageMetrics('prod', clock, clients(listEnabled, metric))).oldestAgeSeconds).toBe(7_200);
});

test('a metric is asked for as one value of the whole period', async () => {
  const inputs: GetMetricStatisticsCommand['input'][] = [];
  const send = async (command: unknown) => {
    if (command instanceof GetMetricStatisticsCommand) inputs.push(command.input);
    return { Datapoints: [{ Sum: 7 }] };
  };
  const dimension = { Name: 'cause', Value: 'outage' };
  const metric = { namespace: 'N', name: 'DeliveryPauses', dimension, statistic: 'Sum' } as const;
  expect(await fetchMetric(metric, 5, { cloudWatch: { send }, clock })).toBe(7);
  expect(inputs).toEqual([
    {
      Namespace: 'N',
      MetricName: 'DeliveryPauses',
      Dimensions: [dimension],
      StartTime: new Date(NOW - 300_000),
      EndTime: new Date(NOW),
      Period: 300,
      Statistics: ['Sum'],
    },
  ]);
});

test.each([
  ['Enabling', null],
  ['Updating', null],
  ['Creating', null],
  ['Disabling', null],
  ['Disabled', false],
  ['Deleting', false],
])('whether a mapping that is %s invokes the worker: %s, null while it changes', async (State, expected) => {
  const mapping = () => ({ EventSourceMappings: [{ State }] });
  expect((await fetchStageMetrics('prod', clock, clients(mapping, metricOf))).mappingOn).toBe(expected);
});

test('a stage without a mapping has no worker that is on', async () => {
  const none = () => ({ EventSourceMappings: [] });
  expect((await fetchStageMetrics('prod', clock, clients(none, metricOf))).mappingOn).toBe(false);
});

test('what came and went is asked for of a whole hour, the oldest age of the last minutes', async () => {
  const minutesByName: Record<string, number> = {};
  const send = async (command: unknown) => {
    if (command instanceof GetMetricStatisticsCommand) {
      const { MetricName = '', StartTime } = command.input;
      minutesByName[MetricName] = (NOW - Number(StartTime)) / 60_000;
    }
    return {};
  };
  await fetchStageMetrics('prod', clock, async () => ({ lambda: { send }, cloudWatch: { send } }));
  expect(minutesByName).toEqual({
    ApproximateAgeOfOldestMessage: 5,
    OldestUndeliveredAge: 5,
    NumberOfMessagesSent: 60,
    NumberOfMessagesDeleted: 60,
  });
});
