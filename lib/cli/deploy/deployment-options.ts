import * as v from 'valibot';

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};
const textThatMatches = (pattern: RegExp, message: string) =>
  v.pipe(v.string(message), v.regex(pattern, message));
const flag = v.boolean('must be true or false');

/** Days that CloudWatch Logs can keep a log group. Source: `PutRetentionPolicy` in its API reference. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/**
 * What a stage's file can say under `deployment`, beside the functions' settings: by name, the values that it takes,
 * the default as the example shows it, and what it does. A `variable` of the environment overrides the file.
 */
export const deploymentOptions = {
  region: {
    schema: textThatMatches(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region, like eu-west-1'),
    example: 'us-east-1',
    description: 'where the stage is; without it, AWS_REGION of the shell decides',
  },
  alarmEmail: {
    schema: textThatMatches(/^$|^[^@\s]+@[^@\s]+$/, 'must be an e-mail address'),
    variable: 'ALARM_EMAIL',
    example: 'you@example.com',
    description: 'alarms are sent there, once its owner has confirmed the first e-mail',
  },
  alarmTopicArn: {
    schema: textThatMatches(/^$|^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/, "must be an SNS topic's ARN"),
    variable: 'ALARM_TOPIC_ARN',
    example: 'arn:aws:sns:us-east-1:111122223333:on-call',
    description: 'alarms are published to this existing topic, too',
  },
  logRetentionDays: {
    schema: v.picklist(RETENTION_DAYS, `must be one of ${RETENTION_DAYS.join(', ')}`),
    example: 14,
    description: 'how long CloudWatch keeps the logs',
  },
  apiRate: {
    schema: wholeNumber(1, 10_000),
    example: 500,
    description:
      'requests a second; what is over is answered 429, and Segment sends it again. It bounds the cost of a flood',
  },
  apiBurst: { schema: wholeNumber(1, 5_000), example: 1_000, description: 'requests at once, likewise' },
  ingestConcurrency: {
    schema: wholeNumber(1, 10_000),
    variable: 'INGEST_CONCURRENCY',
    example: 50,
    description: "ingests that run at once; reserved from the account's limit, which may be as low as ten",
  },
  disposable: {
    schema: flag,
    example: false,
    description: 'whether removing the stack deletes the queues, with the events in them',
  },
  terminationProtection: {
    schema: flag,
    example: false,
    description: 'whether CloudFormation refuses to remove the stack',
  },
  kmsKeyArn: {
    schema: textThatMatches(/^$|^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, "must be a KMS key's ARN"),
    example: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    description:
      "encrypts the queues with a key of yours; the functions may use it, also for SSM's parameters",
  },
  permissionsBoundaryArn: {
    schema: textThatMatches(/^$|^arn:[\w-]+:iam::(\d{12}|aws):policy\/\S+$/, "must be an IAM policy's ARN"),
    example: 'arn:aws:iam::111122223333:policy/boundary',
    description: "bounds the functions' roles",
  },
  tracing: { schema: flag, example: false, description: 'whether X-Ray traces the functions' },
  tags: {
    schema: v.record(v.string(), v.string('must be texts by name'), 'must be texts by name'),
    example: { team: 'growth' },
    description: 'tags of the stack and of all that it holds',
  },
} as const satisfies Record<string, DeploymentOption>;

type DeploymentOption = {
  schema: v.GenericSchema;
  variable?: string;
  example: unknown;
  description: string;
};

export type DeploymentOptionName = keyof typeof deploymentOptions;

export const isDeploymentOption = (name: string): name is DeploymentOptionName =>
  Object.hasOwn(deploymentOptions, name);

export const deploymentOptionNames = Object.keys(deploymentOptions).filter(isDeploymentOption);
