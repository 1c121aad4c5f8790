import { describe, expect, test } from '@jest/globals';
import { type Template, withChange } from '../support/template.ts';
import { metricRules } from './metric-rules.ts';
import { securityRules } from './security-rules.ts';
import { type Constants, constants, timingRules } from './timing-rules.ts';
import { usePackage } from './use-package.ts';

const rules = { ...securityRules, ...metricRules, ...timingRules };
type RuleName = keyof typeof rules;

let template: Template;

usePackage('prod', { LANES: '4' }, (packaged) => {
  template = packaged.template;
});

describe('packaged for production', () => {
  test.each(Object.entries(rules))('%s', (_, rule) => {
    expect(rule(template)).toEqual([]);
  });
});

describe('a rule notices when it is broken, and only that one does', () => {
  const brokenRules = (of: Template) =>
    Object.entries(rules)
      .filter(([, rule]) => rule(of).length > 0)
      .map(([name]) => name);

  const body = 'Resources.Dashboard.Properties.DashboardBody.Fn::Sub';
  const emptyDashboard = JSON.stringify({ widgets: [] });
  const dashboardOf = (metric: string) =>
    JSON.stringify({ widgets: [{ properties: { metrics: [['segment-salesmachine-relay/prod', metric]] } }] });

  const faults: Record<RuleName, [path: string, value?: unknown][]> = {
    'the queues are reached by TLS only': [
      ['Resources.DeadLetterQueuePolicy'],
      ['Resources.QueuePolicy.Properties.PolicyDocument.Statement.0.Condition'],
    ],
    'no other queue puts its dead letters among ours': [
      ['Resources.DeadLetterQueue.Properties.RedriveAllowPolicy'],
      ['Resources.DeadLetterQueue.Properties.RedriveAllowPolicy.redrivePermission', 'allowAll'],
    ],
    'nothing is allowed with a wildcard, but for X-Ray, which has no resources': [
      ['Resources.WorkerRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource', '*'],
      ['Resources.ReplayRole.Properties.Policies.0.PolicyDocument.Statement.1.Action', 'sqs:*'],
      [
        'Resources.TracingPolicy.Properties.PolicyDocument.Statement.0.Action',
        ['xray:PutTraceSegments', 'sqs:SendMessage'],
      ],
    ],
    'a flood is throttled before it costs': [
      ['Resources.HttpApiStage.Properties.DefaultRouteSettings'],
      ['Resources.HttpApiStage.Properties.DefaultRouteSettings.ThrottlingRateLimit', 10_000],
    ],
    "the ingest's concurrency is bounded only where the operator asks for it": [
      ['Resources.IngestLambdaFunction.Properties.ReservedConcurrentExecutions', 10],
    ],
    'the access log has every answer, and nothing personal': [
      ['Resources.HttpApiStage.Properties.AccessLogSettings'],
      ['Resources.HttpApiStage.Properties.AccessLogSettings.Format', '$context.identity.sourceIp'],
    ],
    'every metric of an alarm is one that is written': [
      ['Resources.UnexpectedErrorsAlarm.Properties.MetricName', 'UnexpectedError'],
      ['Resources.CredentialHoldAlarm.Properties.Dimensions.0.Value', 'credentials'],
      ['Resources.ThrottledAlarm.Properties.Metrics.1.MetricStat.Metric.Namespace', 'elsewhere'],
      ['Resources.TooLargeFilter.Properties.MetricTransformations.0.MetricName', 'TooBig'],
    ],
    'every metric of the dashboard is one that is written': [],
    'the dashboard shows every alarm': [[body, emptyDashboard]],
    'the dashboard shows every metric that is written, but for those that only alarms read': [],
    'an alarm says what to do first, and notifies the address and the topic that are given': [
      ['Resources.QueueStuckAlarm.Properties.AlarmDescription', 'The queue is stuck.'],
      ['Resources.QueueStuckAlarm.Properties.AlarmActions', []],
      ['Resources.IngestErrorsAlarm.Properties.AlarmActions.0'],
      ['Resources.DeadLettersAlarm.Properties.OKActions.1', { Ref: 'AlarmTopic' }],
      ['Resources.AlarmEmail.Properties.TopicArn', 'arn:aws:sns:us-east-1:1:another'],
    ],
    'the dashboards of two regions have two names': [
      ['Resources.Dashboard.Properties.DashboardName', 'segment-salesmachine-relay-prod'],
    ],
    'the ingest and the worker write to one namespace': [
      ['Resources.IngestLambdaFunction.Properties.Environment.Variables.METRICS_NAMESPACE', 'another'],
    ],
    'an invocation ends before its time-out, whatever it waits for': [
      ['Resources.WorkerLambdaFunction.Properties.Timeout', 70],
    ],
    'a message is dropped for its age before it is for its receives, however long Salesmachine is away': [
      ['Resources.Queue.Properties.RedrivePolicy.maxReceiveCount', 900],
    ],
    'there are two to ten lanes, as many for the mapping as for the pacer': [
      ['Resources.WorkerLambdaFunction.Properties.Environment.Variables.LANES', '2'],
      ['Resources.WorkerEventSourceMappingSQSQueue.Properties.ScalingConfig.MaximumConcurrency', 11],
    ],
    'the ingest answers before Segment, Lambda and API Gateway give it up, in this order': [
      ['Resources.IngestLambdaFunction.Properties.Timeout', 4],
      ['Resources.HttpApiIntegrationIngest.Properties.TimeoutInMillis', 6_000],
    ],
    'a webhook, a message and a request hold what is put into them': [
      ['Resources.WorkerEventSourceMappingSQSQueue.Properties.BatchSize', 5],
    ],
  };

  const faultCases = Object.entries(faults).flatMap(([rule, plants]) =>
    plants.map(([path, value]) => ({ rule, path, value })),
  );

  test.each(faultCases)('$path: $rule', ({ rule, path, value }) => {
    expect(brokenRules(withChange(template, path, value))).toEqual([rule, ...othersBroken(path)]);
  });

  function othersBroken(path: string): RuleName[] {
    // The access log counts what is too large, and the dashboard shows that, too.
    if (path.includes('TooLargeFilter')) return ['every metric of the dashboard is one that is written'];
    if (path !== body) return [];
    return ['the dashboard shows every metric that is written, but for those that only alarms read'];
  }

  test('a metric on the dashboard that is never written', () => {
    const rule = metricRules['every metric of the dashboard is one that is written'];
    expect(rule(withChange(template, body, dashboardOf('Acepted')))).toHaveLength(1);
    expect(rule(withChange(template, body, dashboardOf('Accepted')))).toEqual([]);
  });

  test('a metric that is written and that the dashboard lacks', () => {
    const rule =
      metricRules['the dashboard shows every metric that is written, but for those that only alarms read'];
    const missing = rule(withChange(template, body, dashboardOf('Accepted')));
    expect(missing).toEqual(expect.arrayContaining(['Delivered', 'RequestsByOutcome outcome=conflict']));
    expect(missing).not.toContain('Accepted');
  });

  const codeFaults: [RuleName & keyof typeof timingRules, Partial<Constants>][] = [
    ['an invocation ends before its time-out, whatever it waits for', { maxWaitMs: 85_000 }],
    ['an invocation ends before its time-out, whatever it waits for', { requestMs: 30_000 }],
    ['an invocation ends before its time-out, whatever it waits for', { deadLetterTimeoutMs: 15_000 }],
    ['an invocation ends before its time-out, whatever it waits for', { receiveWindowMs: 75_000 }],
    [
      'a message is dropped for its age before it is for its receives, however long Salesmachine is away',
      { longestReleaseSeconds: 900 },
    ],
    [
      'the ingest answers before Segment, Lambda and API Gateway give it up, in this order',
      { ingestDeadlineMs: 6_000 },
    ],
    [
      'the ingest answers before Segment, Lambda and API Gateway give it up, in this order',
      { largeRequestDeadlineMs: 9_000 },
    ],
    ['a webhook, a message and a request hold what is put into them', { operations: 101 }],
    ['a webhook, a message and a request hold what is put into them', { requestBytes: 20_000 }],
  ];

  test.each(codeFaults)('%s: %j in the code', (rule, change) => {
    expect(timingRules[rule](template, { ...constants, ...change })).not.toEqual([]);
  });
});
