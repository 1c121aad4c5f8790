import { lookUp, type StackTemplate } from './stack-template.ts';

/** A stack, deployed or to be deployed. */
export type Stack = { template: StackTemplate; terminationProtection: boolean };

type Protection = {
  /** What it is called where it is lowered. */
  warning: string;
  isLowered: (before: Stack, after: Stack) => boolean;
};

/** Whether a deployment loses something that the stack has. */
const loses =
  (has: (stack: Stack) => boolean) =>
  (before: Stack, after: Stack): boolean =>
    has(before) && !has(after);

const variable = ({ template }: Stack, functionId: string, name: string): string => {
  const value = lookUp(template.Resources, functionId, 'Properties', 'Environment', 'Variables', name);
  return typeof value === 'string' ? value : '';
};

/** The text that a condition like `HasAlarmEmail` compares with the empty one. */
const conditionText = ({ template }: Stack, name: string): string => {
  const value = lookUp(template.Conditions, name, 'Fn::Not', 0, 'Fn::Equals', 0);
  return typeof value === 'string' ? value : '';
};

const isRetained = ({ template }: Stack): boolean =>
  ['Queue', 'DeadLetterQueue'].every((id) =>
    ['Retain', 'RetainExceptOnCreate'].includes(String(lookUp(template.Resources, id, 'DeletionPolicy'))),
  );

const logDays = ({ template }: Stack): number =>
  Number(lookUp(template.Resources, 'IngestLogGroup', 'Properties', 'RetentionInDays'));

/** A list of names that a setting of any function holds. */
const readList = (stack: Stack, setting: string): string[] =>
  ['IngestLambdaFunction', 'WorkerLambdaFunction']
    .flatMap((id) => variable(stack, id, setting).split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** Whether a list has lost a name. */
const losesNames =
  (setting: string) =>
  (before: Stack, after: Stack): boolean =>
    readList(before, setting).some((name) => !readList(after, setting).includes(name));

/** What keeps events, secrets and people safe, and must not be lost by a forgotten variable of a shell. */
const protections: readonly Protection[] = [
  {
    warning: 'REQUIRE_BOTH is turned off: a signature or a token alone will do',
    isLowered: loses((stack) => variable(stack, 'IngestLambdaFunction', 'REQUIRE_BOTH') === 'true'),
  },
  {
    warning: 'INGEST_OPEN is turned on: anyone can send events',
    isLowered: loses((stack) => variable(stack, 'IngestLambdaFunction', 'INGEST_OPEN') !== 'true'),
  },
  {
    warning: 'ON_BAD_SIGNATURE is no longer retry: Segment discards what is signed with an unknown secret',
    isLowered: loses((stack) => variable(stack, 'IngestLambdaFunction', 'ON_BAD_SIGNATURE') === 'retry'),
  },
  {
    warning: 'EXCLUDE_ATTRIBUTES lets through attributes that it removed',
    isLowered: losesNames('EXCLUDE_ATTRIBUTES'),
  },
  {
    warning: 'EXCLUDE_QUERY lets through parameters of URLs that it removed',
    isLowered: losesNames('EXCLUDE_QUERY'),
  },
  {
    warning: 'no address receives alarms any more',
    isLowered: loses((stack) => conditionText(stack, 'HasAlarmEmail') !== ''),
  },
  {
    warning: 'the SNS topic receives no alarms any more',
    isLowered: loses((stack) => conditionText(stack, 'HasAlarmTopicArn') !== ''),
  },
  {
    warning: 'removing the stack will delete the queues with their events',
    isLowered: loses(isRetained),
  },
  {
    warning: 'CloudFormation will no longer refuse to remove the stack',
    isLowered: loses((stack) => stack.terminationProtection),
  },
  {
    warning: 'the queues are no longer encrypted with the KMS key',
    isLowered: loses((stack) => conditionText(stack, 'HasKmsKey') !== ''),
  },
  {
    warning: 'the permissions boundary is removed from the roles',
    isLowered: loses((stack) => conditionText(stack, 'HasPermissionsBoundary') !== ''),
  },
  {
    warning: 'logs are kept for a shorter time',
    isLowered: (before, after) => logDays(after) < logDays(before),
  },
];

/** What the deployment of `after` over `before` makes less safe, one line each. */
export const findLoweredProtections = (before: Stack, after: Stack): string[] =>
  protections.filter(({ isLowered }) => isLowered(before, after)).map(({ warning }) => warning);
