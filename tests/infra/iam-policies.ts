import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Template } from '../support/template.ts';

const repository = resolve(import.meta.dirname, '../..');

export type Statement = { Effect: 'Allow'; Action: string[]; Resource: string[] };
export type Policy = { Version: '2012-10-17'; Statement: Statement[] };

/** The names of the AWS SDK's commands that a text makes. */
const findCommandNames = (text: string): string[] =>
  Array.from(text.matchAll(/\bnew (\w+)Command\(/g), ([, name = '']) => name);

/** The commands of the AWS SDK that a program of ours can send: of its file, and of all that it imports. */
async function findSentCommands(entry: string): Promise<Set<string>> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  const texts = Object.keys(metafile.inputs).map((file) => readFileSync(join(repository, file), 'utf8'));
  return new Set(texts.flatMap(findCommandNames));
}

const OSLS = 'node_modules/osls/lib/plugins/aws';
/** Where osls sends commands when it deploys, shows and removes a stack. */
const OSLS_FILES = ['deploy', 'info', 'lib', 'package/lib', 'remove'].map(
  (room) => `${OSLS}/${room}/**/*.js`,
);

/** Of features that the service does not have: container images, usage plans, subscription filters, exports. */
const OSLS_UNUSED: ReadonlySet<string> = new Set([
  'DescribeRepositories',
  'DeleteRepository',
  'GetApiKey',
  'DescribeSubscriptionFilters',
  'DeleteSubscriptionFilter',
  'ListExports',
  'SetStackPolicy',
]);

/** The commands that osls sends. */
async function findOslsCommands(): Promise<Set<string>> {
  const commands = new Set<string>();
  for await (const file of glob(OSLS_FILES, { cwd: repository })) {
    for (const name of findCommandNames(readFileSync(join(repository, file), 'utf8'))) commands.add(name);
  }
  return commands.difference(OSLS_UNUSED);
}

const SERVICE = 'segment-salesmachine-relay';
const ANYTHING = '*';
const arn = (service: string, name: string) => `arn:aws:${service}:REGION:ACCOUNT:${name}`;

const resources = {
  queues: arn('sqs', `${SERVICE}-STAGE-*`),
  functions: arn('lambda', `function:${SERVICE}-STAGE-*`),
  logs: arn('logs', `log-group:/aws/lambda/${SERVICE}-STAGE-*`),
  accessLog: arn('logs', `log-group:/aws/http-api/${SERVICE}-STAGE*`),
  parameters: arn('ssm', `parameter/${SERVICE}/STAGE/*`),
  stack: arn('cloudformation', `stack/${SERVICE}-STAGE/*`),
  alarms: arn('cloudwatch', `alarm:${SERVICE}-STAGE-*`),
  dashboard: `arn:aws:cloudwatch::ACCOUNT:dashboard/${SERVICE}-STAGE-*`,
  topic: arn('sns', `${SERVICE}-STAGE-alarms`),
  roles: `arn:aws:iam::ACCOUNT:role/${SERVICE}-STAGE-*`,
  // CloudFormation shortens the name, so that the stage may be missing from it.
  bucket: `arn:aws:s3:::${SERVICE}-*`,
  api: 'arn:aws:apigateway:REGION::/*',
};

type Permission = { action: string; on: string[] };
const may = (action: string, ...on: string[]): Permission => ({ action, on });

/** What a command needs. Source: the Service Authorization Reference of each service. */
const commandPermissions: Readonly<Record<string, Permission>> = {
  GetQueueUrl: may('sqs:GetQueueUrl', resources.queues),
  GetQueueAttributes: may('sqs:GetQueueAttributes', resources.queues),
  ReceiveMessage: may('sqs:ReceiveMessage', resources.queues),
  SendMessageBatch: may('sqs:SendMessage', resources.queues),
  DeleteMessageBatch: may('sqs:DeleteMessage', resources.queues),
  ChangeMessageVisibilityBatch: may('sqs:ChangeMessageVisibility', resources.queues),
  GetFunctionConfiguration: may('lambda:GetFunctionConfiguration', resources.functions),
  GetFunction: may('lambda:GetFunction', resources.functions),
  Invoke: may('lambda:InvokeFunction', resources.functions),
  ListEventSourceMappings: may('lambda:ListEventSourceMappings', ANYTHING),
  GetMetricStatistics: may('cloudwatch:GetMetricStatistics', ANYTHING),
  DescribeAlarms: may('cloudwatch:DescribeAlarms', ANYTHING),
  StartQuery: may('logs:StartQuery', resources.logs),
  GetQueryResults: may('logs:GetQueryResults', ANYTHING),
  GetAccountSettings: may('lambda:GetAccountSettings', ANYTHING),
  CreateLogStream: may('logs:CreateLogStream', resources.logs),
  PutLogEvents: may('logs:PutLogEvents', resources.logs),
  GetParameters: may('ssm:GetParameters', resources.parameters),
  PutParameter: may('ssm:PutParameter', resources.parameters),
  ListSubscriptionsByTopic: may('sns:ListSubscriptionsByTopic', ANYTHING),
  GetApi: may('apigateway:GET', resources.api),
  ValidateTemplate: may('cloudformation:ValidateTemplate', ANYTHING),
  HeadBucket: may('s3:ListBucket', resources.bucket),
  ListObjectsV2: may('s3:ListBucket', resources.bucket),
  ListObjectVersions: may('s3:ListBucketVersions', resources.bucket),
  HeadObject: may('s3:GetObject', `${resources.bucket}/*`),
  DeleteObjects: may('s3:DeleteObject', `${resources.bucket}/*`),
  ...Object.fromEntries(
    [
      'CreateChangeSet',
      'CreateStack',
      'DeleteChangeSet',
      'DeleteStack',
      'DescribeChangeSet',
      'DescribeStackEvents',
      'DescribeStackResource',
      'DescribeStackResources',
      'DescribeStacks',
      'ExecuteChangeSet',
      'GetTemplate',
      'ListStackResources',
      'UpdateStack',
      'UpdateTerminationProtection',
    ].map((name) => [name, may(`cloudformation:${name}`, resources.stack)]),
  ),
};

const allOf = (service: string, actions: string, ...on: string[]): Permission[] =>
  actions.split(' ').map((action) => may(`${service}:${action}`, ...on));

const tags = 'TagResource UntagResource ListTagsForResource';
const throughTheApi = allOf('apigateway', 'GET POST PUT PATCH DELETE', resources.api);

/** What CloudFormation does with the deployer's rights, by type of resource. */
const resourcePermissions: Readonly<Record<string, Permission[]>> = {
  'AWS::SQS::Queue': allOf(
    'sqs',
    'CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl SetQueueAttributes TagQueue UntagQueue ListQueueTags',
    resources.queues,
  ),
  'AWS::SQS::QueuePolicy': allOf('sqs', 'SetQueueAttributes GetQueueAttributes', resources.queues),
  'AWS::Lambda::Function': [
    ...allOf(
      'lambda',
      'CreateFunction DeleteFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource ListTags',
      resources.functions,
    ),
    may('iam:PassRole', resources.roles),
    may('s3:GetObject', `${resources.bucket}/*`),
    may('s3:PutObject', `${resources.bucket}/*`),
  ],
  'AWS::Lambda::Permission': allOf('lambda', 'AddPermission RemovePermission GetPolicy', resources.functions),
  'AWS::Lambda::EventSourceMapping': allOf(
    'lambda',
    'CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping',
    ANYTHING,
  ),
  'AWS::IAM::Role': allOf(
    'iam',
    'CreateRole DeleteRole GetRole UpdateRole UpdateAssumeRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole ListRolePolicies ListAttachedRolePolicies',
    resources.roles,
  ),
  'AWS::IAM::Policy': allOf('iam', 'PutRolePolicy GetRolePolicy DeleteRolePolicy', resources.roles),
  'AWS::Logs::LogGroup': [
    ...allOf(
      'logs',
      `CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy ${tags}`,
      resources.logs,
      resources.accessLog,
    ),
    may('logs:DescribeLogGroups', ANYTHING),
  ],
  'AWS::Logs::MetricFilter': allOf(
    'logs',
    'PutMetricFilter DeleteMetricFilter DescribeMetricFilters',
    resources.accessLog,
  ),
  'AWS::ApiGatewayV2::Api': throughTheApi,
  'AWS::ApiGatewayV2::Integration': throughTheApi,
  'AWS::ApiGatewayV2::Route': throughTheApi,
  // The access log.
  'AWS::ApiGatewayV2::Stage': [
    ...throughTheApi,
    ...allOf(
      'logs',
      'CreateLogDelivery DeleteLogDelivery GetLogDelivery UpdateLogDelivery ListLogDeliveries DescribeResourcePolicies PutResourcePolicy',
      ANYTHING,
    ),
  ],
  'AWS::CloudWatch::Alarm': allOf(
    'cloudwatch',
    `PutMetricAlarm DeleteAlarms DescribeAlarms ${tags}`,
    resources.alarms,
  ),
  'AWS::CloudWatch::Dashboard': allOf(
    'cloudwatch',
    'PutDashboard GetDashboard DeleteDashboards',
    resources.dashboard,
  ),
  'AWS::SNS::Topic': allOf(
    'sns',
    `CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ${tags}`,
    resources.topic,
  ),
  'AWS::SNS::Subscription': allOf(
    'sns',
    'Subscribe Unsubscribe GetSubscriptionAttributes ListSubscriptionsByTopic',
    resources.topic,
  ),
  'AWS::S3::Bucket': allOf(
    's3',
    'CreateBucket DeleteBucket GetEncryptionConfiguration PutEncryptionConfiguration GetBucketTagging PutBucketTagging GetBucketPublicAccessBlock PutBucketPublicAccessBlock',
    resources.bucket,
  ),
  'AWS::S3::BucketPolicy': allOf(
    's3',
    'GetBucketPolicy PutBucketPolicy DeleteBucketPolicy',
    resources.bucket,
  ),
};

/** @throws for a command or a type that the tables above do not have */
function find<Value>(table: Readonly<Record<string, Value>>, name: string): Value {
  const value = table[name];
  if (value === undefined)
    throw new Error(`${name} needs permissions: add them to tests/infra/iam-policies.ts`);
  return value;
}

/** A policy of these permissions, one statement for each set of resources. */
function toPolicy(permissions: readonly Permission[]): Policy {
  const resourcesByAction = Map.groupBy(permissions, ({ action }) => action);
  const byResources = new Map<string, Statement>();
  for (const [action, same] of [...resourcesByAction].toSorted(([a], [b]) => a.localeCompare(b))) {
    const Resource = [...new Set(same.flatMap(({ on }) => on))].toSorted();
    const key = Resource.join();
    const statement = byResources.get(key) ?? { Effect: 'Allow', Action: [], Resource };
    statement.Action.push(action);
    byResources.set(key, statement);
  }
  return { Version: '2012-10-17', Statement: [...byResources.values()] };
}

/** What the operator needs for the relay command with --stage, and for the other commands that alarms name. */
export async function operatorPolicy(): Promise<Policy> {
  const commands = await findSentCommands('lib/cli/relay-command.ts');
  return toPolicy([...commands.add('GetAccountSettings')].map((name) => find(commandPermissions, name)));
}

/** What the deployer needs for npm run deploy, and to remove the stack: ours, osls's, and CloudFormation's for them. */
export async function deployerPolicy({ Resources }: Template): Promise<Policy> {
  const [ours, osls] = await Promise.all([findSentCommands('lib/cli/deploy/deploy.ts'), findOslsCommands()]);
  const types = new Set(Object.values(Resources).map(({ Type }) => Type));
  return toPolicy([
    ...[...ours.union(osls)].map((name) => find(commandPermissions, name)),
    ...[...types].flatMap((type) => find(resourcePermissions, type)),
  ]);
}
