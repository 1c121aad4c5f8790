import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { checkQueueAttributes } from '../../lib/cli/doctor/queue-attributes.ts';
import {
  type Environment,
  readIngestSettings,
  readLogSettings,
  readReplayConfig,
  readWorkerConfig,
} from '../../lib/config/config.ts';
import { at, isRecord, type Template, withChange } from '../support/template.ts';
import { namesOf } from './connection-rules.ts';
import { deploymentRules, type RuleName } from './deployment-rules.ts';
import { hasProperties } from './template-rule.ts';
import { type Packaged, usePackage } from './use-package.ts';

const run = promisify(execFile);

/** In the environment of the one who packages, these must not end in any artefact. */
const secrets = {
  SEGMENT_SHARED_SECRETS: 'canary-shared-secret',
  INGEST_TOKENS: 'canary-token',
  SALESMACHINE_API_TOKEN: 'canary-api-token',
  SALESMACHINE_API_SECRET: 'canary-api-secret',
};

let packaged: Packaged;
let template: Template;

usePackage('staging', { ...secrets, LANES: '3', ALIAS: 'off' }, (result) => {
  packaged = result;
  template = result.template;
});

/** The settings that a function finds, with made-up values for what only AWS knows, and with its parameters read. */
function environmentOf(id: string): Environment {
  const variables = at(template.Resources, `${id}.Properties.Environment.Variables`);
  return Object.fromEntries(
    Object.entries(isRecord(variables) ? variables : {}).map(([name, value]) => [
      name.replace(/_PARAMETER$/, ''),
      isRecord(value) ? 'https://sqs.example/1/queue' : String(value),
    ]),
  );
}

const brokenRules = (of: Template) =>
  Object.entries(deploymentRules)
    .filter(([, rule]) => rule(of).length > 0)
    .map(([name]) => name);

describe('the packaged template', () => {
  test.each(Object.entries(deploymentRules))('%s', (_, rule) => {
    expect(rule(template)).toEqual([]);
  });

  test('is written without a warning', () => {
    expect(packaged.printed).toContain('Service packaged');
    expect(packaged.printed).not.toMatch(/warning|deprecat/i);
  });

  test.each([
    ['events', 'Queue'],
    ['dead-letters', 'DeadLetterQueue'],
  ] as const)('has a queue %s with which relay doctor is content', (queue, id) => {
    const properties = v.parse(v.record(v.string(), v.unknown()), at(template.Resources, `${id}.Properties`));
    const attributes = Object.entries(properties).map(([name, value]) => [
      name,
      isRecord(value) ? JSON.stringify(value) : String(value),
    ]);
    const deployed = {
      ...Object.fromEntries(attributes),
      SqsManagedSseEnabled: 'true',
      // CloudFormation replaces the reference with the ARN.
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:us-east-1:1:${at(template.Resources, 'DeadLetterQueue.Properties.QueueName')}`,
        maxReceiveCount: at(template.Resources, 'Queue.Properties.RedrivePolicy.maxReceiveCount'),
      }),
    };
    expect(checkQueueAttributes(queue, deployed)).toEqual({ level: 'good', text: 'as deployed' });
  });

  test('names its resources by stage', () => {
    expect(hasProperties(namesOf('staging'))(template)).toEqual([]);
  });

  test('tells the webhook URL and the queues', () => {
    expect(at(template, 'Outputs')).toMatchObject({
      WebhookUrl: { Value: { 'Fn::Sub': expect.stringMatching(/^https:.*\/segment$/) } },
      QueueUrl: { Value: { Ref: 'Queue' } },
      DeadLetterQueueUrl: { Value: { Ref: 'DeadLetterQueue' } },
    });
  });

  test('takes settings from the environment of the packaging shell, and says so', () => {
    expect(packaged.printed).toContain('LANES comes from the environment');
    expect(environmentOf('WorkerLambdaFunction')).toMatchObject({ LANES: '3', ALIAS: 'off' });
  });

  test.each(Object.entries(secrets))(
    "knows nothing of the deployer's %s, nor does osls's state",
    (name, secret) => {
      for (const document of packaged.documents.values()) {
        expect(document).toContain(name);
        expect(document).not.toContain(secret);
      }
    },
  );
});

describe('a rule notices when it is broken, and only that one does', () => {
  const mapping = 'Resources.WorkerEventSourceMappingSQSQueue.Properties';
  const statements = 'Properties.Policies.0.PolicyDocument.Statement';
  const faults: Record<RuleName, [path: string, value?: unknown][]> = {
    'of a batch that fails in part, only what was delivered is deleted': [
      [`${mapping}.FunctionResponseTypes`],
    ],
    'no event is filtered out, for the mapping deletes what its filter does not match': [
      [`${mapping}.FilterCriteria`, { Filters: [{ Pattern: '{"body":{"type":["track"]}}' }] }],
    ],
    'what crashes the worker again and again ends among the dead letters': [
      ['Resources.Queue.Properties.RedrivePolicy'],
      ['Resources.Queue.Properties.RedrivePolicy.maxReceiveCount', 10],
    ],
    "messages stay invisible for at least six times the worker's time-out, as AWS asks": [
      ['Resources.Queue.Properties.VisibilityTimeout'],
      ['Resources.Queue.Properties.VisibilityTimeout', 539],
    ],
    'both queues keep the order of each user, at high throughput': [
      ['Resources.Queue.Properties.FifoQueue', false],
      ['Resources.DeadLetterQueue.Properties.FifoThroughputLimit'],
    ],
    'both queues keep a message for 14 days': [
      ['Resources.DeadLetterQueue.Properties.MessageRetentionPeriod'],
    ],
    'both queues take the largest message that the relay sends': [
      ['Resources.Queue.Properties.MaximumMessageSize', 262_144],
      ['Resources.DeadLetterQueue.Properties.MaximumMessageSize'],
    ],
    'both queues outlive the stack, a rename and a replacement': [
      ['Resources.Queue.DeletionPolicy'],
      ['Resources.DeadLetterQueue.DeletionPolicy', 'Delete'],
      ['Resources.Queue.UpdateReplacePolicy', 'Delete'],
      ['Resources.DeadLetterQueue.UpdateReplacePolicy'],
    ],
    "both queues are encrypted, with the operator's key where there is one": [
      ['Resources.Queue.Properties.SqsManagedSseEnabled', false],
      ['Resources.DeadLetterQueue.Properties.KmsMasterKeyId'],
    ],
    'the functions may use that key, and X-Ray, where they are asked to': [
      ['Resources.KmsPolicy.Properties.Roles.2'],
      ['Resources.KmsPolicy.Properties.PolicyDocument.Statement.0.Action.1'],
      ['Resources.TracingPolicy.Condition'],
    ],
    'every role is bounded, where a boundary is given': [
      ['Resources.ReplayRole.Properties.PermissionsBoundary'],
    ],
    'the mapping invokes as many workers as there are lanes, ten messages each': [
      [`${mapping}.ScalingConfig`],
      [`${mapping}.ScalingConfig.MaximumConcurrency`, 2],
      [`${mapping}.BatchSize`, 1],
    ],
    'the functions run Node 24 on arm64': [['Resources.WorkerLambdaFunction.Properties.Architectures']],
    'the ingest and the replay give up before their callers do, and the worker has time to wait': [
      ['Resources.IngestLambdaFunction.Properties.Timeout', 30],
      ['Resources.ReplayLambdaFunction.Properties.Timeout', 300],
    ],
    'each function may do what it needs, and nothing else': [
      [`Resources.WorkerRole.${statements}.2`, { Effect: 'Allow', Action: 'sqs:*', Resource: '*' }],
      [`Resources.IngestRole.${statements}.1.Action`, ['sqs:SendMessage', 'sqs:PurgeQueue']],
      [`Resources.ReplayRole.${statements}.1.Resource`, '*'],
      [
        'Resources.WorkerPolicy',
        { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'worker', PolicyDocument: {} } },
      ],
      ['Resources.WorkerLambdaFunction.Properties.Role', { 'Fn::GetAtt': ['IngestRole', 'Arn'] }],
    ],
    'a role is assumed by Lambda alone': [
      [
        'Resources.WorkerRole.Properties.AssumeRolePolicyDocument.Statement.0.Principal',
        { Service: 'apigateway.amazonaws.com' },
      ],
    ],
    'logs are all kept for the same time, and not for ever': [
      ['Resources.IngestLogGroup.Properties.RetentionInDays'],
      ['Resources.HttpApiLogGroup.Properties.RetentionInDays', 1],
    ],
    "resources are as AWS's specification describes them": [
      ['Resources.HttpApi.Type', 'AWS::ApiGatewayV2::Aip'],
      ['Resources.HttpApi.Properties.ProtocolType', 2],
      ['Resources.WorkerLambdaFunction.Properties.Code'],
      ['Resources.HttpApi.Properties.ProtocolTyp', 'HTTP'],
    ],
    'references point at something': [
      ['Resources.WorkerLambdaFunction.DependsOn', ['WorkerRoll']],
      ['Outputs.WebhookUrl.Value', { 'Fn::GetAtt': ['HttpApy', 'ApiEndpoint'] }],
      ['Outputs.QueueUrl.Value', { Ref: 'Kew' }],
      ['Outputs.WebhookUrl.Value', { 'Fn::Sub': `https://\${HttpApi.Nmae}` }],
      ['Resources.AlarmTopic.Condition', 'HasAlarmMail'],
      ['Resources.Queue.Properties.QueueName', { 'Fn::GetAtt': ['DeadLetterQueue', 'Nmae'] }],
    ],
  };

  const faultCases = Object.entries(faults).flatMap(([rule, plants]) =>
    plants.map(([path, value]) => ({ rule, path, value })),
  );

  test.each(faultCases)('$path: $rule', ({ rule, path, value }) => {
    expect(brokenRules(withChange(template, path, value))).toEqual([rule]);
  });
});

describe.each([
  { name: 'ingest', id: 'IngestLambdaFunction', read: readIngestSettings },
  { name: 'worker', id: 'WorkerLambdaFunction', read: readWorkerConfig },
  { name: 'replay', id: 'ReplayLambdaFunction', read: readReplayConfig },
])('the $name', ({ name, id, read }) => {
  test('is given every setting that it reads, and no other', () => {
    const names = new Set<string>();
    const environment = new Proxy(environmentOf(id), {
      get: (target, setting) => {
        names.add(String(setting));
        return Reflect.get(target, setting);
      },
    });
    read(environment);
    readLogSettings(environment);
    expect(Object.keys(environment).toSorted()).toEqual([...names].toSorted());
  });

  test('is packaged alone, with the map to the lines of its source and without the source', async () => {
    const map = `dist/${name}.mjs.map`;
    expect(packaged.contents[name]).toEqual([`dist/${name}.mjs`, map]);
    expect(await readFile(join(packaged.unpacked, map), 'utf8')).not.toContain('"sourcesContent"');
  });

  test('loads from its archive, without any node_modules, as Lambda loads it', async () => {
    const [path, exported] = String(at(template.Resources, `${id}.Properties.Handler`)).split('.');
    const script = `import { ${exported} } from './${path}.mjs'; process.stdout.write(typeof ${exported})`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: packaged.unpacked,
      env: { ...environmentOf(id), AWS_REGION: 'us-east-1' },
    });
    expect(stdout).toBe('function');
  });
});
