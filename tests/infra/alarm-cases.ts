import { REASONS, type Reason } from '../../lib/dead-letters/reasons.ts';
import type { LogFields, LogMessage } from '../../lib/telemetry/log.ts';
import type { Values } from './cloudwatch-metrics.ts';
import { metricsOfLine } from './emitted-metrics.ts';

type Line = [message: LogMessage, fields: LogFields];

/** What happens in one period: lines that the relay logs, and what AWS counts by itself. */
type Period = { lines?: Line[]; aws?: Values };

export type AlarmCase = {
  /** How long that which makes it fire has to last. */
  minutes: number;
  /** The periods of that time, `x` where it must be seen and `-` where it need not be; without them, it is one. */
  seen?: string;
  /** Each of these suffices. */
  fires: Period | Period[];
  staysSilent: Period | Period[];
  /** Where the metric is AWS's own, and no line of ours can make it: what makes AWS write it. */
  writtenByAws?: string;
};

const settledLine = (oldestLeftMs: number, delivered: number): Line => [
  'invocation settled',
  { oldestLeftMs, delivered },
];
const pausedLine = (cause: string): Line => ['delivery paused', { cause }];
const requestLines = (outcome: string, count: number): Line[] =>
  Array.from({ length: count }, () => ['request completed', { outcome, events: 1, operations: 1 }]);

const deadLetterLine = (reason: Reason): Line => ['dead letter written', { reason, events: 1 }];

/** Of a reason only its own alarm gives news. SQS moves `receive_limit` there itself: the state tells of these. */
const newsOfDeadLetters = Object.fromEntries(
  REASONS.filter((reason) => reason !== 'receive_limit').map((reason): [string, AlarmCase] => [
    `dead-letters-${reason.replaceAll('_', '-')}`,
    {
      minutes: 5,
      fires: { lines: [deadLetterLine(reason)] },
      staysSilent: { lines: REASONS.filter((other) => other !== reason).map(deadLetterLine) },
    },
  ]),
);

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

/** The ages of events, as the worker logs them; and as SQS knows them where the worker receives nothing. */
const ages = (seconds: readonly number[], delivered: number): Period[] => [
  { lines: seconds.map((each) => settledLine(each * 1_000, delivered)) },
  { aws: { 'AWS/SQS ApproximateAgeOfOldestMessage QueueName=Queue': seconds } },
];

/** For each alarm, by its name without the stack's: what makes it fire, and what does not. */
export const alarmCases: Readonly<Record<string, AlarmCase>> = {
  'dead-letters': {
    minutes: 60,
    fires: { aws: { 'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=DeadLetterQueue': [1, 5] } },
    staysSilent: { aws: { 'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=DeadLetterQueue': [5, 0] } },
    writtenByAws: 'SQS counts the messages in its queues, also those that it moved there itself',
  },
  'dead-letters-expiring': {
    minutes: 60,
    fires: {
      aws: {
        'AWS/SQS ApproximateAgeOfOldestMessage QueueName=DeadLetterQueue': [
          9 * DAY_SECONDS,
          11 * DAY_SECONDS,
        ],
      },
    },
    staysSilent: {
      aws: { 'AWS/SQS ApproximateAgeOfOldestMessage QueueName=DeadLetterQueue': [9 * DAY_SECONDS] },
    },
    writtenByAws: 'SQS measures the age of the messages in its queues',
  },
  ...newsOfDeadLetters,
  'events-late': {
    minutes: 30,
    fires: ages([0, 16 * MINUTE_SECONDS], 3),
    staysSilent: ages([14 * MINUTE_SECONDS, 14 * MINUTE_SECONDS], 3),
  },
  'events-expiring': {
    minutes: 30,
    fires: ages([0, 11 * DAY_SECONDS], 0),
    staysSilent: ages([9 * DAY_SECONDS, 9 * DAY_SECONDS], 0),
  },
  'queue-stuck': {
    minutes: 30,
    fires: ages([0, 16 * MINUTE_SECONDS], 0),
    staysSilent: [
      ...ages([14 * MINUTE_SECONDS, 14 * MINUTE_SECONDS], 0),
      { lines: [settledLine(16 * MINUTE_SECONDS * 1_000, 0), settledLine(0, 1)] },
    ],
  },
  'mapping-disabled': {
    minutes: 15,
    seen: 'xxx',
    fires: { aws: { 'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=Queue': [7, 5] } },
    staysSilent: [
      {
        aws: {
          'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=Queue': [7, 5],
          'AWS/Lambda Invocations FunctionName=WorkerLambdaFunction': [1],
        },
      },
      {
        aws: {
          'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=Queue': [7, 5],
          'AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName=Queue': [1, 0],
        },
      },
    ],
    writtenByAws: 'SQS counts what waits, and Lambda its invocations: of a disabled mapping, none',
  },
  'credential-hold': {
    minutes: 30,
    fires: { lines: [pausedLine('credential')] },
    staysSilent: { lines: [pausedLine('outage'), pausedLine('configuration')] },
  },
  'configuration-hold': {
    minutes: 30,
    fires: { lines: [pausedLine('configuration')] },
    staysSilent: { lines: [pausedLine('outage'), pausedLine('credential')] },
  },
  'refuses-everything': {
    minutes: 15,
    fires: [
      { lines: [...requestLines('rejected', 4), ...requestLines('ambiguous', 2)] },
      { lines: requestLines('rejected', 6) },
      { lines: requestLines('ambiguous', 6) },
    ],
    staysSilent: [
      { lines: [...requestLines('rejected', 40), settledLine(0, 0), settledLine(0, 1)] },
      // A few bad events where there is little traffic.
      { lines: requestLines('rejected', 5) },
    ],
  },
  throttled: {
    minutes: 15,
    fires: { lines: [...requestLines('delivered', 90), ...requestLines('throttled', 6)] },
    staysSilent: [
      { lines: [...requestLines('delivered', 96), ...requestLines('throttled', 4)] },
      // One of two requests is a share that says nothing.
      { lines: [...requestLines('delivered', 1), ...requestLines('throttled', 1)] },
    ],
  },
  'ingest-errors': {
    minutes: 10,
    seen: 'x-x',
    fires: { aws: { 'AWS/ApiGateway 5xx ApiId=HttpApi': [0, 1, 0] } },
    staysSilent: { aws: { 'AWS/ApiGateway 5xx ApiId=HttpApi': [0, 0] } },
    writtenByAws: 'API Gateway counts its answers of 5xx, ours and its own',
  },
  'requests-refused': {
    minutes: 5,
    fires: { aws: { 'AWS/ApiGateway 4xx ApiId=HttpApi': [6, 5] } },
    staysSilent: { aws: { 'AWS/ApiGateway 4xx ApiId=HttpApi': [6, 4] } },
    writtenByAws: 'API Gateway counts its answers of 4xx, ours and its own',
  },
  'requests-too-large': {
    minutes: 5,
    fires: { aws: { TooLarge: [1] } },
    staysSilent: { aws: { TooLarge: [] } },
    writtenByAws: 'a metric filter counts the lines of the access log that have the status 413',
  },
  'unknown-signatures': {
    minutes: 5,
    fires: { lines: [['authentication failed', { cause: 'unknown_signature', status: 401 }]] },
    staysSilent: {
      lines: [
        ['authentication failed', { cause: 'rotation', status: 503 }],
        ['authentication failed', { cause: 'no_credential', status: 401 }],
      ],
    },
  },
  'worker-errors': {
    minutes: 5,
    fires: { aws: { 'AWS/Lambda Errors FunctionName=WorkerLambdaFunction': [0, 1, 0] } },
    staysSilent: { aws: { 'AWS/Lambda Errors FunctionName=WorkerLambdaFunction': [0, 0] } },
    writtenByAws: 'Lambda counts invocations that throw, time out or run out of memory',
  },
  'worker-throttles': {
    minutes: 10,
    seen: 'x-x',
    fires: { aws: { 'AWS/Lambda Throttles FunctionName=WorkerLambdaFunction': [0, 1, 0] } },
    staysSilent: { aws: { 'AWS/Lambda Throttles FunctionName=WorkerLambdaFunction': [0, 0] } },
    writtenByAws: "Lambda counts what it did not invoke for want of the account's concurrency",
  },
  'worker-timeouts': {
    minutes: 5,
    fires: { aws: { 'AWS/Lambda Duration FunctionName=WorkerLambdaFunction': [12_000, 90_000] } },
    staysSilent: { aws: { 'AWS/Lambda Duration FunctionName=WorkerLambdaFunction': [12_000, 80_000] } },
    writtenByAws: 'Lambda measures how long invocations take',
  },
  'unexpected-errors': {
    minutes: 5,
    fires: { lines: [['unexpected error caught', { error: 'TypeError' }]] },
    staysSilent: { lines: [['request completed', { outcome: 'transient' }]] },
  },
};

/** The values that a period holds in the end. */
export function metricValues({ lines = [], aws = {} }: Period): Values {
  const metrics = lines.flatMap(([message, fields]) => metricsOfLine(message, fields));
  const ours = Object.entries(Object.groupBy(metrics, ({ key }) => key)).map(([key, values = []]) => [
    key,
    values.map(({ value }) => value),
  ]);
  return { ...aws, ...Object.fromEntries(ours) };
}
