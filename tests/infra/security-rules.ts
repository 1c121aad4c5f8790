import { isRecord, type Template } from '../support/template.ts';
import {
  arnOf,
  findDifference,
  hasProperties,
  idsOf,
  property,
  type Rule,
  valuesOf,
} from './template-rule.ts';

const onlyByTls = (queue: string) => ({
  Sid: 'OnlyByTls',
  Effect: 'Deny',
  Principal: '*',
  Action: 'sqs:*',
  Resource: arnOf(queue),
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/** Every statement of the template that allows something: of roles, of policies, wherever they stand. */
function findAllowStatements(value: unknown): Record<string, unknown>[] {
  if (!isRecord(value)) return [];
  const inner = Object.values(value).flatMap(findAllowStatements);
  return value['Effect'] === 'Allow' ? [value, ...inner] : inner;
}

/** All that a statement names, but for the parts of an ARN that only AWS knows. */
const namesIn = (statement: Record<string, unknown>) =>
  JSON.stringify([statement['Action'], statement['Resource'], statement['Principal']]);

/** osls's own bucket, which only holds the packages. */
const isOfDeployment = (id: string) => id.startsWith('ServerlessDeployment');

const ownResources = ({ Resources }: Template) =>
  Object.fromEntries(Object.entries(Resources).filter(([id]) => !isOfDeployment(id)));

export const securityRules = {
  'the queues are reached by TLS only': (template) => [
    ...hasProperties({
      'QueuePolicy.Queues': [{ Ref: 'Queue' }],
      'DeadLetterQueuePolicy.Queues': [{ Ref: 'DeadLetterQueue' }],
    })(template),
    ...findDifference(
      Object.fromEntries(valuesOf(template, 'AWS::SQS::QueuePolicy', 'PolicyDocument.Statement')),
      { QueuePolicy: [onlyByTls('Queue')], DeadLetterQueuePolicy: [onlyByTls('DeadLetterQueue')] },
      'queue policies',
    ),
  ],

  'no other queue puts its dead letters among ours': (template) => {
    const name = property(template, 'Queue.QueueName');
    return hasProperties({
      'DeadLetterQueue.RedriveAllowPolicy': {
        redrivePermission: 'byQueue',
        sourceQueueArns: [
          { 'Fn::Sub': `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${name}` },
        ],
      },
    })(template);
  },

  'nothing is allowed with a wildcard, but for X-Ray, which has no resources': (template) =>
    findAllowStatements(ownResources(template))
      .filter(({ Action }) => ![Action].flat().every((action) => String(action).startsWith('xray:Put')))
      .map(namesIn)
      .filter((names) => names.includes('*')),

  'only our API calls the ingest, and nothing calls the other functions without credentials of AWS': (
    template,
  ) => [
    ...findDifference(
      valuesOf(template, 'AWS::Lambda::Permission', 'FunctionName'),
      [['IngestLambdaPermissionHttpApi', arnOf('IngestLambdaFunction')]],
      'permissions',
    ),
    ...hasProperties({
      'IngestLambdaPermissionHttpApi.Principal': 'apigateway.amazonaws.com',
      // Without our API's id, it would be every API of every account.
      'IngestLambdaPermissionHttpApi.SourceArn.Fn::Join.1.7': { Ref: 'HttpApi' },
    })(template),
    ...idsOf(template, 'AWS::Lambda::Url'),
  ],

  'no page in a browser can send events, for its token would be public': hasProperties({
    'HttpApi.CorsConfiguration': undefined,
  }),

  'a flood is throttled before it costs': (template) => {
    const limits = property(template, 'HttpApiStage.DefaultRouteSettings');
    const values = isRecord(limits) ? [limits['ThrottlingRateLimit'], limits['ThrottlingBurstLimit']] : [];
    const isBounded = (value: unknown) => typeof value === 'number' && value > 0 && value <= 1_000;
    return [
      ...(values.length === 2 && values.every(isBounded) ? [] : [`throttling: ${JSON.stringify(limits)}`]),
      ...hasProperties({ 'HttpApiStage.RouteSettings': undefined })(template),
    ];
  },

  "the ingest's concurrency is bounded only where the operator asks for it": hasProperties({
    'IngestLambdaFunction.ReservedConcurrentExecutions': {
      'Fn::If': ['HasIngestConcurrency', '', { Ref: 'AWS::NoValue' }],
    },
  }),

  'the access log has every answer, and nothing personal': (template) => {
    const format = String(property(template, 'HttpApiStage.AccessLogSettings.Format'));
    const needed = ['$context.status', '$context.routeKey', '$context.requestId'];
    const personal = /\$context\.(path|identity|authorizer|httpMethod|domain)/;
    return [
      ...needed.filter((field) => !format.includes(field)).map((field) => `${field} is missing`),
      ...(personal.test(format) ? [`the access log is ${format}`] : []),
    ];
  },
} satisfies Record<string, Rule>;
