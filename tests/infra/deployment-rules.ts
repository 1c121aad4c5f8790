import { MAX_MESSAGE_BYTES } from '../../lib/sqs/sqs-limits.ts';
import { at } from '../support/template.ts';
import { danglingReferences, specificationProblems } from './specification.ts';
import {
  arnOf,
  eachHasProperties,
  findDifference,
  hasProperties,
  idsOf,
  property,
  type Rule,
  valuesOf,
} from './template-rule.ts';

const DAYS_14 = 14 * 24 * 60 * 60;
const functions = ['IngestLambdaFunction', 'WorkerLambdaFunction', 'ReplayLambdaFunction'];
const queues = ['Queue', 'DeadLetterQueue'];

const noValue = { Ref: 'AWS::NoValue' };

const statement = (Action: string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
const logsTo = (id: string) => statement(['logs:CreateLogStream', 'logs:PutLogEvents'], arnOf(id));

/** The secrets as they are read: each by its own name, of its own stage (the tests' is `staging`). */
const readsSecrets = (...names: string[]) =>
  statement(
    ['ssm:GetParameters'],
    names.map((name) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/segment-salesmachine-relay/staging/${name}`,
    })),
  );

/** All that the functions may do. */
const permissions = {
  IngestRole: [
    logsTo('IngestLogGroup'),
    readsSecrets('SEGMENT_SHARED_SECRETS', 'INGEST_TOKENS'),
    statement(['sqs:SendMessage'], [arnOf('Queue'), arnOf('DeadLetterQueue')]),
  ],
  WorkerRole: [
    logsTo('WorkerLogGroup'),
    readsSecrets('SALESMACHINE_API_TOKEN', 'SALESMACHINE_API_SECRET'),
    statement(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      arnOf('Queue'),
    ),
    statement(['sqs:SendMessage'], arnOf('DeadLetterQueue')),
  ],
  ReplayRole: [
    logsTo('ReplayLogGroup'),
    statement(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      arnOf('DeadLetterQueue'),
    ),
    statement(['sqs:SendMessage'], arnOf('Queue')),
  ],
};

/** What must hold of the packaged template, however serverless.yml is edited. */
export const deploymentRules = {
  'of a batch that fails in part, only what was delivered is deleted': hasProperties({
    'WorkerEventSourceMappingSQSQueue.FunctionResponseTypes': ['ReportBatchItemFailures'],
  }),

  'no event is filtered out, for the mapping deletes what its filter does not match': hasProperties({
    'WorkerEventSourceMappingSQSQueue.FilterCriteria': undefined,
  }),

  'what crashes the worker again and again ends among the dead letters': hasProperties({
    'Queue.RedrivePolicy': { deadLetterTargetArn: arnOf('DeadLetterQueue'), maxReceiveCount: 1000 },
    'DeadLetterQueue.RedrivePolicy': undefined,
  }),

  "messages stay invisible for at least six times the worker's time-out, as AWS asks": (template) => {
    const visibility = Number(property(template, 'Queue.VisibilityTimeout'));
    const timeout = Number(property(template, 'WorkerLambdaFunction.Timeout'));
    return visibility >= 6 * timeout ? [] : [`visibility ${visibility} s, time-out ${timeout} s`];
  },

  'both queues keep the order of each user, at high throughput': eachHasProperties(queues, {
    FifoQueue: true,
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  }),

  'both queues keep a message for 14 days': eachHasProperties(queues, { MessageRetentionPeriod: DAYS_14 }),

  'both queues take the largest message that the relay sends': eachHasProperties(queues, {
    MaximumMessageSize: MAX_MESSAGE_BYTES,
  }),

  'both queues outlive the stack, a rename and a replacement': (template) =>
    queues.flatMap((id) => [
      ...findDifference(
        at(template.Resources, `${id}.DeletionPolicy`),
        'RetainExceptOnCreate',
        `${id}, where the stack is removed`,
      ),
      ...findDifference(
        at(template.Resources, `${id}.UpdateReplacePolicy`),
        'Retain',
        `${id}, where it is replaced`,
      ),
    ]),

  "both queues are encrypted, with the operator's key where there is one": eachHasProperties(queues, {
    SqsManagedSseEnabled: { 'Fn::If': ['HasKmsKey', noValue, true] },
    KmsMasterKeyId: { 'Fn::If': ['HasKmsKey', '', noValue] },
  }),

  'the functions may use that key, and X-Ray, where they are asked to': (template) => {
    const roles = Object.keys(permissions).map((Ref) => ({ Ref }));
    return [
      ...hasProperties({
        'KmsPolicy.Roles': roles,
        'KmsPolicy.PolicyDocument.Statement': [statement(['kms:Decrypt', 'kms:GenerateDataKey'], '')],
        'TracingPolicy.Roles': roles,
        'TracingPolicy.PolicyDocument.Statement': [
          statement(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'),
        ],
      })(template),
      ...findDifference(at(template.Resources, 'KmsPolicy.Condition'), 'HasKmsKey', 'KmsPolicy'),
      ...findDifference(at(template.Resources, 'TracingPolicy.Condition'), 'HasTracing', 'TracingPolicy'),
    ];
  },

  'every role is bounded, where a boundary is given': eachHasProperties(Object.keys(permissions), {
    PermissionsBoundary: { 'Fn::If': ['HasPermissionsBoundary', '', noValue] },
  }),

  'the mapping invokes as many workers as there are lanes, ten messages each': (template) => {
    const lanes = property(template, 'WorkerLambdaFunction.Environment.Variables.LANES');
    return hasProperties({
      'WorkerEventSourceMappingSQSQueue.ScalingConfig': { MaximumConcurrency: Number(lanes) },
      'WorkerEventSourceMappingSQSQueue.BatchSize': 10,
      'WorkerLambdaFunction.ReservedConcurrentExecutions': undefined,
    })(template);
  },

  'the functions run Node 24 on arm64': eachHasProperties(functions, {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
  }),

  'the ingest and the replay give up before their callers do, and the worker has time to wait': hasProperties(
    {
      'IngestLambdaFunction.Timeout': 8,
      'WorkerLambdaFunction.Timeout': 90,
      'ReplayLambdaFunction.Timeout': 120,
    },
  ),

  'each function may do what it needs, and nothing else': (template) => [
    ...findDifference(
      Object.fromEntries(valuesOf(template, 'AWS::IAM::Role', 'Policies.0.PolicyDocument.Statement')),
      permissions,
      'permissions',
    ),
    ...valuesOf(template, 'AWS::IAM::Role', 'Policies.1')
      .filter(([, policy]) => policy)
      .map(([id]) => id),
    ...valuesOf(template, 'AWS::IAM::Role', 'ManagedPolicyArns')
      .filter(([, arns]) => arns)
      .map(([id]) => id),
    ...findDifference(idsOf(template, 'AWS::IAM::Policy'), ['KmsPolicy', 'TracingPolicy'], 'policies'),
    ...hasProperties({
      'IngestLambdaFunction.Role': arnOf('IngestRole'),
      'WorkerLambdaFunction.Role': arnOf('WorkerRole'),
      'ReplayLambdaFunction.Role': arnOf('ReplayRole'),
    })(template),
  ],

  'a role is assumed by Lambda alone': eachHasProperties(Object.keys(permissions), {
    'AssumeRolePolicyDocument.Statement': [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  }),

  'logs are all kept for the same time, and not for ever': (template) => {
    const days = new Set(
      valuesOf(template, 'AWS::Logs::LogGroup', 'RetentionInDays').map(([, each]) => each),
    );
    return days.size === 1 && !days.has(undefined) ? [] : [`days that logs are kept: ${[...days]}`];
  },

  "resources are as AWS's specification describes them": specificationProblems,

  'references point at something': danglingReferences,
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof deploymentRules;
