import { describe, expect, test } from '@jest/globals';
import { settings } from '../../lib/config/settings.ts';
import { at, type Template, withChange } from '../support/template.ts';
import { connectionRules } from './connection-rules.ts';
import { metricRules } from './metric-rules.ts';
import { securityRules } from './security-rules.ts';
import { property } from './template-rule.ts';
import { type Constants, constants, timingRules } from './timing-rules.ts';
import { usePackage } from './use-package.ts';

const rules = { ...connectionRules, ...securityRules, ...metricRules, ...timingRules };
type RuleName = keyof typeof rules;

let template: Template;

usePackage('prod', {}, (packaged) => {
  template = packaged.template;
});

describe('packaged for production', () => {
  test.each(Object.entries(rules))('%s', (_, rule) => {
    expect(rule(template)).toEqual([]);
  });

  test('has as many lanes as the code has by default, for the mapping must be told', () => {
    const lanes = property(template, 'WorkerLambdaFunction.Environment.Variables.LANES');
    expect(lanes).toBe(settings.LANES.default);
  });
});

describe('a rule notices when it is broken, and only that one does', () => {
  const brokenRules = (of: Template) =>
    Object.entries(rules)
      .filter(([, rule]) => rule(of).length > 0)
      .map(([name]) => name);

  const body = 'Resources.Dashboard.Properties.DashboardBody.Fn::Sub';
  const mapping = 'Resources.WorkerEventSourceMappingSQSQueue.Properties';
  const variables = (id: string) => `Resources.${id}.Properties.Environment.Variables`;
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

  const faults: Record<RuleName, [path: string, value?: unknown][]> = {
    'what is queued comes to the worker at once, and to no other function': [
      [`${mapping}.EventSourceArn`, arn('DeadLetterQueue')],
      [`${mapping}.FunctionName`, arn('IngestLambdaFunction')],
      [`${mapping}.Enabled`, false],
      [`${mapping}.MaximumBatchingWindowInSeconds`, 5],
      ['Resources.Queue.Properties.DelaySeconds', 900],
      ['Resources.DeadLetterQueue.Properties.DelaySeconds', 900],
    ],
    'each function runs its own code, and knows which queue is which': [
      ['Resources.IngestLambdaFunction.Properties.Handler', 'dist/worker.handler'],
      ['Resources.IngestLambdaFunction.Properties.Code.S3Key', 'serverless/1/worker.zip'],
      [`${variables('WorkerLambdaFunction')}.DEAD_LETTER_QUEUE_URL`, { Ref: 'Queue' }],
      [`${variables('ReplayLambdaFunction')}.QUEUE_URL`, { Ref: 'DeadLetterQueue' }],
    ],
    'the relay command and the functions find each part by its name': [
      ['Resources.DeadLetterQueue.Properties.QueueName', 'segment-salesmachine-relay-prod-dlq.fifo'],
      ['Resources.WorkerLambdaFunction.Properties.FunctionName', 'segment-salesmachine-relay-prod-sender'],
      ['Resources.ReplayLogGroup.Properties.LogGroupName', '/aws/lambda/replay'],
      [
        `${variables('WorkerLambdaFunction')}.SALESMACHINE_API_SECRET_PARAMETER`,
        '/segment-salesmachine-relay/dev/SALESMACHINE_API_SECRET',
      ],
      [`${variables('IngestLambdaFunction')}.INGEST_TOKENS_PARAMETER`, 'canary'],
      [`${variables('IngestLambdaFunction')}.METRICS_NAMESPACE`, 'another'],
    ],
    'CloudWatch reads metrics from all that is logged': [
      ['Resources.WorkerLogGroup.Properties.LogGroupClass', 'INFREQUENT_ACCESS'],
      ['Resources.WorkerLambdaFunction.Properties.LoggingConfig', { ApplicationLogLevel: 'WARN' }],
      ['Resources.HttpApiStage.Properties.AccessLogSettings.DestinationArn', arn('IngestLogGroup')],
      ['Resources.TooLargeFilter.Properties.LogGroupName', { Ref: 'IngestLogGroup' }],
    ],
    'the webhook URL leads to the ingest, and so does every route, without a key of AWS': [
      ['Resources.HttpApiRoutePutSegment'],
      ['Resources.HttpApiRouteDefault'],
      ['Resources.HttpApiRoutePostV1Batch.Properties.RouteKey', 'GET /v1/batch'],
      ['Resources.HttpApiRoutePostSegment.Properties.AuthorizationType', 'AWS_IAM'],
      ['Resources.HttpApiRoutePostSegment.Properties.ApiKeyRequired', true],
      ['Resources.HttpApiIntegrationIngest.Properties.IntegrationUri', arn('WorkerLambdaFunction')],
      ['Resources.HttpApi.Properties.DisableExecuteApiEndpoint', true],
      ['Resources.HttpApiStage.Properties.StageName', 'prod'],
      ['Resources.HttpApiStage.Properties.AutoDeploy', false],
      ['Outputs.WebhookUrl.Value.Fn::Sub', `https://\${HttpApi.ApiEndpoint}/segment`],
    ],
    'only our API calls the ingest, and nothing calls the other functions without credentials of AWS': [
      ['Resources.IngestLambdaPermissionHttpApi.Properties.SourceArn'],
      ['Resources.IngestLambdaPermissionHttpApi.Properties.Principal', '*'],
      ['Resources.IngestLambdaPermissionHttpApi.Properties.FunctionName', arn('ReplayLambdaFunction')],
      ['Resources.ReplayUrl', { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'NONE' } }],
    ],
    'no page in a browser can send events, for its token would be public': [
      ['Resources.HttpApi.Properties.CorsConfiguration', { AllowOrigins: ['*'] }],
    ],
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
      [
        'Resources.HttpApiStage.Properties.RouteSettings',
        { 'POST /v1/batch': { ThrottlingRateLimit: 10_000 } },
      ],
    ],
    "the ingest's concurrency is bounded only where the operator asks for it": [
      ['Resources.IngestLambdaFunction.Properties.ReservedConcurrentExecutions', 10],
    ],
    'the access log has every answer, and nothing personal': [
      ['Resources.HttpApiStage.Properties.AccessLogSettings.Format'],
      ['Resources.HttpApiStage.Properties.AccessLogSettings.Format', '$context.identity.sourceIp'],
    ],
    'every metric of an alarm is one that is written': [
      ['Resources.UnexpectedErrorsAlarm.Properties.MetricName', 'UnexpectedError'],
      ['Resources.CredentialHoldAlarm.Properties.Dimensions.0.Value', 'credentials'],
      ['Resources.ThrottledAlarm.Properties.Metrics.1.MetricStat.Metric.Namespace', 'elsewhere'],
      ['Resources.TooLargeFilter.Properties.MetricTransformations.0.MetricNamespace', 'elsewhere'],
      [
        'Resources.TooLargeFilter.Properties.MetricTransformations.0.Dimensions',
        [{ Key: 'route', Value: '$.route' }],
      ],
      ['Resources.TooLargeFilter.Properties.MetricTransformations.0.MetricName', 'TooBig'],
    ],
    'every metric of the dashboard is one that is written': [],
    'the dashboard shows every alarm': [],
    'the dashboard shows every metric that is written, but for those that only alarms read': [],
    'an alarm says what to do first, and notifies the address and the topic that are given': [
      ['Resources.QueueStuckAlarm.Properties.AlarmDescription', 'The queue is stuck.'],
      ['Resources.QueueStuckAlarm.Properties.AlarmActions', []],
      ['Resources.IngestErrorsAlarm.Properties.AlarmActions.0'],
      ['Resources.DeadLettersAlarm.Properties.OKActions.1', { Ref: 'AlarmTopic' }],
      ['Resources.AlarmEmail.Properties.TopicArn', 'arn:aws:sns:us-east-1:1:another'],
      ['Resources.AlarmEmail.Properties.FilterPolicy', { severity: ['high'] }],
      ['Resources.AlarmTopic.Properties.KmsMasterKeyId', 'alias/aws/sns'],
    ],
    "a widget has the metrics of the stage's region, and what it counts a minute, it adds up by the minute":
      [],
    'the quota on the dashboard is the one that the worker spends': [
      [`${variables('WorkerLambdaFunction')}.RATE_LIMIT_REQUESTS`, '800'],
    ],
    'the dashboards of two regions have two names': [
      ['Resources.Dashboard.Properties.DashboardName', 'segment-salesmachine-relay-prod'],
    ],
    'an invocation ends before its time-out, whatever it waits for': [
      ['Resources.WorkerLambdaFunction.Properties.Timeout', 70],
    ],
    'a message is dropped for its age before it is for its receives, however long Salesmachine is away': [
      ['Resources.Queue.Properties.RedrivePolicy.maxReceiveCount', 900],
    ],
    'there are two to ten lanes, as many for the mapping as for the pacer': [
      ['Resources.WorkerLambdaFunction.Properties.Environment.Variables.LANES', '3'],
      ['Resources.WorkerEventSourceMappingSQSQueue.Properties.ScalingConfig.MaximumConcurrency', 11],
    ],
    'the ingest answers before Segment, Lambda and API Gateway give it up, in this order': [
      ['Resources.IngestLambdaFunction.Properties.Timeout', 4],
      ['Resources.HttpApiIntegrationIngest.Properties.TimeoutInMillis', 6_000],
    ],
    'the functions have memory for the most that they hold at once': [
      ['Resources.IngestLambdaFunction.Properties.MemorySize', 512],
      ['Resources.WorkerLambdaFunction.Properties.MemorySize', 256],
    ],
    'a webhook, a message and a request hold what is put into them': [
      ['Resources.WorkerEventSourceMappingSQSQueue.Properties.BatchSize', 5],
    ],
  };

  const faultCases = Object.entries(faults).flatMap(([rule, plants]) =>
    plants.map(([path, value]) => ({ rule, path, value })),
  );

  test.each(faultCases)('$path: $rule', ({ rule, path, value }) => {
    // The access log counts what is too large, and the dashboard shows that, too.
    const others = path.includes('MetricTransformations')
      ? ['every metric of the dashboard is one that is written']
      : [];
    expect(brokenRules(withChange(template, path, value))).toEqual([rule, ...others]);
  });

  const dashboardFaults: [RuleName, from: string, to: string][] = [
    ['every metric of the dashboard is one that is written', '"Accepted"', '"Acepted"'],
    [
      'the dashboard shows every metric that is written, but for those that only alarms read',
      '[".", ".", ".", "conflict", { "label": "conflict (409, 423, other 4xx)" }],',
      '',
    ],
    ['the dashboard shows every alarm', `"\${EventsLateAlarm.Arn}", `, ''],
    [
      "a widget has the metrics of the stage's region, and what it counts a minute, it adds up by the minute",
      `"\${AWS::Region}"`,
      '"us-east-1"',
    ],
    [
      "a widget has the metrics of the stage's region, and what it counts a minute, it adds up by the minute",
      '"period": 60',
      '"period": 300',
    ],
    ['the quota on the dashboard is the one that the worker spends', '300 / 900', '60 / 900'],
  ];

  test.each(dashboardFaults)('%s: %s → %s on the dashboard', (rule, from, to) => {
    const text = String(at(template, body));
    expect(text).toContain(from);
    expect(rules[rule](withChange(template, body, text.replace(from, to)))).toHaveLength(1);
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
    ['the functions have memory for the most that they hold at once', { sharedBytes: 200_000_000 }],
    ['the functions have memory for the most that they hold at once', { operations: 200 }],
    ['a webhook, a message and a request hold what is put into them', { operations: 101 }],
    ['a webhook, a message and a request hold what is put into them', { requestBytes: 20_000 }],
  ];

  test.each(codeFaults)('%s: %j in the code', (rule, change) => {
    expect(timingRules[rule](template, { ...constants, ...change })).not.toEqual([]);
  });
});
