import { parameterName, type SecretName } from '../../lib/cli/secrets/stage-secrets.ts';
import { FUNCTIONS, metricsNamespace, stackName } from '../../lib/cli/stage/stage-clients.ts';
import { ROUTE_KEYS, WEBHOOK_ROUTE } from '../../lib/segment/route.ts';
import { at } from '../support/template.ts';
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

type FunctionName = (typeof FUNCTIONS)[number];

const resourcePrefix = (name: FunctionName) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
const functionId = (name: FunctionName) => `${resourcePrefix(name)}LambdaFunction`;
const logGroupId = (name: FunctionName) => `${resourcePrefix(name)}LogGroup`;

const secrets = {
  ingest: ['SEGMENT_SHARED_SECRETS', 'INGEST_TOKENS'],
  worker: ['SALESMACHINE_API_TOKEN', 'SALESMACHINE_API_SECRET'],
  replay: [],
} as const satisfies Record<FunctionName, SecretName[]>;

/** The names by which the relay command looks for a stage's parts, and the functions for their secrets. */
export const namesOf = (stage: string) => ({
  'Queue.QueueName': `${stackName(stage)}-events.fifo`,
  'DeadLetterQueue.QueueName': `${stackName(stage)}-dead-letters.fifo`,
  ...Object.fromEntries(
    FUNCTIONS.flatMap((name) => [
      [`${functionId(name)}.FunctionName`, `${stackName(stage)}-${name}`],
      [`${logGroupId(name)}.LogGroupName`, `/aws/lambda/${stackName(stage)}-${name}`],
      [`${functionId(name)}.Environment.Variables.METRICS_NAMESPACE`, metricsNamespace(stage)],
      ...secrets[name].map((secret) => [
        `${functionId(name)}.Environment.Variables.${secret}_PARAMETER`,
        parameterName(stage, secret),
      ]),
    ]),
  ),
});

/** What is connected with what, and by which name it is found, in a package of the stage `prod`. */
export const connectionRules = {
  'what is queued comes to the worker at once, and to no other function': (template) => [
    ...findDifference(
      valuesOf(template, 'AWS::Lambda::EventSourceMapping', 'EventSourceArn'),
      [['WorkerEventSourceMappingSQSQueue', arnOf('Queue')]],
      'mappings',
    ),
    ...hasProperties({
      'WorkerEventSourceMappingSQSQueue.FunctionName': arnOf('WorkerLambdaFunction'),
      'WorkerEventSourceMappingSQSQueue.Enabled': true,
      'WorkerEventSourceMappingSQSQueue.MaximumBatchingWindowInSeconds': undefined,
      'Queue.DelaySeconds': undefined,
      'DeadLetterQueue.DelaySeconds': undefined,
    })(template),
  ],

  'each function runs its own code, and knows which queue is which': (template) =>
    FUNCTIONS.flatMap((name) => [
      ...hasProperties({
        [`${functionId(name)}.Handler`]: `dist/${name}.handler`,
        [`${functionId(name)}.Environment.Variables.QUEUE_URL`]: { Ref: 'Queue' },
        [`${functionId(name)}.Environment.Variables.DEAD_LETTER_QUEUE_URL`]: { Ref: 'DeadLetterQueue' },
      })(template),
      ...(String(property(template, `${functionId(name)}.Code.S3Key`)).endsWith(`/${name}.zip`)
        ? []
        : [`${name} has another's package`]),
    ]),

  'the relay command and the functions find each part by its name': hasProperties(namesOf('prod')),

  'CloudWatch reads metrics from all that is logged': (template) => [
    // It reads none from the class INFREQUENT_ACCESS, and Lambda's own JSON has a level below which lines are lost.
    ...eachHasProperties(idsOf(template, 'AWS::Logs::LogGroup'), { LogGroupClass: undefined })(template),
    ...eachHasProperties(FUNCTIONS.map(functionId), { LoggingConfig: undefined })(template),
    ...hasProperties({
      'HttpApiStage.AccessLogSettings.DestinationArn': arnOf('HttpApiLogGroup'),
      'TooLargeFilter.LogGroupName': { Ref: 'HttpApiLogGroup' },
    })(template),
  ],

  'the webhook URL leads to the ingest, and so does every route, without a key of AWS': (template) => [
    ...findDifference(
      valuesOf(template, 'AWS::ApiGatewayV2::Route', 'RouteKey')
        .map(([, key]) => String(key))
        .toSorted(),
      ROUTE_KEYS.toSorted(),
      'routes',
    ),
    ...eachHasProperties(idsOf(template, 'AWS::ApiGatewayV2::Route'), {
      ApiId: { Ref: 'HttpApi' },
      Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'HttpApiIntegrationIngest' }]] },
      AuthorizationType: undefined,
      ApiKeyRequired: undefined,
    })(template),
    ...hasProperties({
      'HttpApiIntegrationIngest.IntegrationUri': arnOf('IngestLambdaFunction'),
      'HttpApiIntegrationIngest.PayloadFormatVersion': '2.0',
      'HttpApi.DisableExecuteApiEndpoint': undefined,
      // Another stage would be a part of the URL's path.
      'HttpApiStage.StageName': '$default',
      'HttpApiStage.AutoDeploy': true,
    })(template),
    ...findDifference(
      at(template, 'Outputs.WebhookUrl.Value.Fn::Sub'),
      `https://\${HttpApi}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}${WEBHOOK_ROUTE.path}`,
      'WebhookUrl',
    ),
  ],
} satisfies Record<string, Rule>;
