import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { metricsByMessage } from '../../lib/telemetry/metrics.ts';
import { isRecord, type Template, withChange } from '../support/template.ts';
import { alarmCases, metricValues } from './alarm-cases.ts';
import { findCommands, runCommand } from './alarm-commands.ts';
import { type Alarm, alarmMetrics, findAlarmingPeriod, isCrossed, readAlarms } from './cloudwatch-alarms.ts';
import { simulateOutage } from './outage-metrics.ts';
import { property } from './template-rule.ts';
import { usePackage } from './use-package.ts';

let template: Template;

usePackage('prod', {}, (packaged) => {
  template = packaged.template;
});

const nameOf = (name: string) => name.replace('segment-salesmachine-relay-prod-', '');

function findAlarm(name: string): Alarm {
  const alarm = readAlarms(template).find((other) => nameOf(other.name) === name);
  if (!alarm) throw new Error(`the template has no alarm ${name}`);
  return alarm;
}

describe('an alarm', () => {
  test('each is known here, and none is left over', () => {
    const names = readAlarms(template).map(({ name }) => nameOf(name));
    expect(names.toSorted()).toEqual(Object.keys(alarmCases).toSorted());
  });

  test.each(Object.entries(alarmCases))(
    '%s fires when it must, and not before',
    (name, { fires, staysSilent }) => {
      const alarm = findAlarm(name);
      for (const period of [fires].flat()) expect(isCrossed(alarm, metricValues(period))).toBe(true);
      for (const period of [staysSilent].flat()) expect(isCrossed(alarm, metricValues(period))).toBe(false);
      expect(isCrossed(alarm, {})).toBe(false);
    },
  );

  test.each(Object.entries(alarmCases))(
    '%s fires once it has lasted for as long as its description says, or has been seen as often',
    (name, { minutes, seen = 'x', fires }) => {
      const alarm = findAlarm(name);
      expect(alarm.minutes).toBe(minutes);
      const [period = {}] = [fires].flat();
      const periods = Array.from(seen, (each) => (each === 'x' ? metricValues(period) : {}));
      expect(findAlarmingPeriod(alarm, periods)).toBe(periods.length - 1);
    },
  );

  test.each(Object.entries(alarmCases))(
    '%s: a line of ours makes it fire, or it says why none can',
    (name, { fires, writtenByAws }) => {
      const hasLines = [fires].flat().some(({ lines }) => lines);
      const alarm = findAlarm(name);
      const isOurs = alarmMetrics(alarm).some(
        ({ namespace, key }) => !namespace.startsWith('AWS/') && key !== 'TooLarge',
      );
      expect({ hasLines, isExcused: Boolean(writtenByAws) }).toEqual({
        hasLines: isOurs,
        isExcused: !isOurs,
      });
    },
  );
});

const numberAt = (path: string) => Number(property(template, path));

test.each<[name: string, sayNumber: (alarm: Alarm) => string]>([
  ['events-late', ({ threshold }) => `over ${threshold / 60} minutes`],
  ['events-expiring', ({ threshold }) => `over ${threshold / 86_400} days`],
  ['dead-letters-expiring', ({ threshold }) => `over ${threshold / 86_400} days`],
  ['throttled', ({ threshold }) => `Over ${threshold} %`],
  ['refuses-everything', ({ minutes }) => `For ${minutes} minutes`],
  ['worker-errors', () => `come back after ${numberAt('Queue.VisibilityTimeout') / 60} minutes`],
  ['worker-timeouts', () => `time-out of ${numberAt('WorkerLambdaFunction.Timeout')} s`],
  ['worker-throttles', () => numberAt('Queue.RedrivePolicy.maxReceiveCount').toLocaleString('en')],
])("the description of %s says the template's number", (name, sayNumber) => {
  const alarm = findAlarm(name);
  expect(alarm.description).toContain(sayNumber(alarm));
});

describe('an alarm that would stay silent is noticed:', () => {
  test.each([
    ['its actions are disabled', 'QueueStuckAlarm.Properties.ActionsEnabled', false],
    ["its unit is not the metric's", 'WorkerTimeoutsAlarm.Properties.Unit', 'Seconds'],
    ['so is that of a query', 'EventsLateAlarm.Properties.Metrics.0.MetricStat.Unit', 'Minutes'],
    [
      'a queue is named by its URL',
      'DeadLettersAlarm.Properties.Dimensions.0.Value',
      { Ref: 'DeadLetterQueue' },
    ],
    [
      'a function is named by its ARN',
      'WorkerErrorsAlarm.Properties.Dimensions.0.Value',
      { 'Fn::GetAtt': ['WorkerLambdaFunction', 'Arn'] },
    ],
    [
      'no metric has both dimensions',
      'WorkerErrorsAlarm.Properties.Dimensions.1',
      { Name: 'Resource', Value: 'worker' },
    ],
    ['CloudWatch refuses such a statistic', 'WorkerTimeoutsAlarm.Properties.Statistic', 'p99'],
    ['CloudWatch refuses such an id', 'EventsLateAlarm.Properties.Metrics.0.Id', 'Queue'],
    ['CloudWatch refuses two results', 'EventsLateAlarm.Properties.Metrics.0.ReturnData', true],
  ])('%s', (_, path, value) => {
    const changed = withChange(template, `Resources.${path}`, value);
    expect(() => readAlarms(changed).map(alarmMetrics)).toThrow();
  });
});

/** What a command says that is right but for AWS, which does not answer. */
const AWS_AWAY = /AWS does not answer|ECONNREFUSED|cannot be tried/;

describe('the commands that alarms name', () => {
  test('are one for each alarm, but for what is done outside of AWS, and say which stage and region', () => {
    for (const alarm of readAlarms(template)) {
      const commands = findCommands(alarm);
      const isOutside = nameOf(alarm.name) === 'requests-too-large';
      expect([alarm.name, commands.length]).toEqual([alarm.name, isOutside ? 0 : 1]);
      for (const command of commands) {
        expect(command).toContain('--region us-east-1');
        if (!command.startsWith('aws ')) expect(command).toContain('--stage prod');
      }
    }
  });

  test('can be run as they stand: all that is missing is AWS', async () => {
    const commands = new Set(readAlarms(template).flatMap(findCommands));
    const ours = [...commands].filter((command) => !command.startsWith('aws '));
    expect(ours.length).toBeGreaterThan(5);
    const printed = await Promise.all(ours.map(async (command) => [command, await runCommand(command)]));
    for (const [command, text] of printed) {
      expect([command, text]).toEqual([command, expect.stringMatching(AWS_AWAY)]);
    }
  });

  test.each([
    'npm run relay -- status --stag prod',
    'npm run relay -- dlq list --reason misspelt --stage prod',
    'npm run relay -- logs --stage prod --since often',
  ])('would be noticed if they were wrong: %s', async (command) => {
    expect(await runCommand(command)).not.toMatch(AWS_AWAY);
  });
});

/** A line of the access log as API Gateway writes it, of a request with this status. */
function readAccessLogLine(status: number): Record<string, unknown> {
  const format = String(property(template, 'HttpApiStage.AccessLogSettings.Format'));
  const line: unknown = JSON.parse(
    format
      .replace('$context.status', `${status}`)
      // It comes with quotes of its own.
      .replace('$context.error.messageString', '"-"')
      .replace(/\$context[.\w]+/g, '-'),
  );
  return isRecord(line) ? line : {};
}

test('requests-too-large counts each answer of 413 in the access log, and no other', () => {
  const pattern = String(property(template, 'TooLargeFilter.FilterPattern'));
  const [, field = '', text] = /^\{ \$\.(\w+) = "(\d+)" \}$/.exec(pattern) ?? [];
  const isCounted = (status: number) => readAccessLogLine(status)[field] === text;
  expect([200, 413, 414].filter(isCounted)).toEqual([413]);
  expect(property(template, 'TooLargeFilter.MetricTransformations.0.MetricValue')).toBe('1');
});

describe('mapping-disabled', () => {
  test('stays silent while Salesmachine is away for hours, though no worker is invoked for a while', async () => {
    const periods = await simulateOutage({ hours: 72, enabled: true });
    const alarm = findAlarm('mapping-disabled');
    expect(findAlarmingPeriod(alarm, periods)).toBeUndefined();

    // Without the messages in flight it would go off.
    const withoutInFlight = periods.map((values) => ({
      ...values,
      'AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName=Queue': [],
    }));
    expect(findAlarmingPeriod(alarm, withoutInFlight)).toBeDefined();
  });

  test('stays silent where the queue was empty for a moment: what came then need not have been received yet', () => {
    const visible = 'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=Queue';
    expect(isCrossed(findAlarm('mapping-disabled'), { [visible]: [7, 0, 5] })).toBe(false);
  });

  test('goes off within a quarter of an hour where the mapping does not invoke the worker', async () => {
    const periods = await simulateOutage({ hours: 1, enabled: false });
    expect(findAlarmingPeriod(findAlarm('mapping-disabled'), periods)).toBe(2);
  });
});

test('every line that yields a metric is one that the code writes', () => {
  const root = resolve(import.meta.dirname, '../..');
  const sources = ['handlers', 'lib/delivery', 'lib/ingest', 'lib/sqs', 'lib/dead-letters']
    .flatMap((room) => readdirSync(join(root, room)).map((file) => join(root, room, file)))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  for (const message of Object.keys(metricsByMessage)) expect(sources).toContain(`'${message}'`);
});
