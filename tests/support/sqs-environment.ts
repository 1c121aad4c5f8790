import type { LocalQueue, LocalSqs } from '../../lib/local/aws/local-sqs.ts';

/** The SDK sends to the host in a queue's URL, and the one that fauxqs makes up has no address on every machine. */
const toReachableUrl = (queue: LocalQueue, endpoint: string) => endpoint + new URL(queue.url).pathname;

/** The environment of a process whose AWS is this SQS. */
export const sqsEnvironment = ({ endpoint, main, deadLetters }: LocalSqs) => ({
  AWS_ENDPOINT_URL_SQS: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  QUEUE_URL: toReachableUrl(main, endpoint),
  QUEUE_ARN: main.arn,
  DEAD_LETTER_QUEUE_URL: toReachableUrl(deadLetters, endpoint),
});
