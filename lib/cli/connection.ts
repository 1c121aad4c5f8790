import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { readDeliverySettings } from '../config.ts';
import type { Quota } from '../delivery/pacer.ts';
import { localConnection } from '../local/connection.ts';
import { createSqs } from '../queue/client.ts';
import type { MappingSettings } from '../salesmachine/mapping.ts';
import { askRelay, relayUrl } from './local-relay.ts';
import { CommandError } from './problem.ts';
import type { Terminal } from './terminal.ts';

export type Place = { stage?: string; region?: string };

/** A relay that a command speaks to: its queues, and the settings that its worker goes by. */
export type Connection = {
  /** For people: which relay this is. */
  title: string;
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  mapping: MappingSettings;
  quota: Quota;
  /** How long to wait before a queue counts as empty: SQS asks all its servers only then. The local one is one. */
  waitSeconds: number;
};

/** The stack's name, as serverless.yml has it: the names of its queues and functions begin with it. */
export const stackOf = (stage: string): string => `segment-salesmachine-relay-${stage}`;

export const withPlace = (command: Command): Command =>
  command
    .option('--stage <name>', 'a deployment on AWS, instead of the local relay')
    .option('--region <name>', 'its AWS region, instead of AWS_REGION');

/**
 * Runs `use` with the relay that is meant, and disconnects. Of a deployment, the quota and the mapping's settings are
 * taken from the environment, as at its deployment.
 *
 * @throws CommandError if there is no such relay
 */
export async function withConnection<T>(
  place: Place,
  { env }: Pick<Terminal, 'env'>,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await (place.stage === undefined ? toLocal(env) : toStage(place.stage, place, env));
  try {
    return await use(connection);
  } finally {
    connection.sqs.destroy();
  }
}

async function toLocal(env: Terminal['env']): Promise<Connection> {
  const { sqs, madeUp: _, ...rest } = await askRelay(env, 'GET /local/connection', localConnection);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const title = `the local relay at ${relayUrl(env)}`;
  return { title, sqs: createSqs({ ...sqs, credentials }), waitSeconds: 0, ...rest };
}

async function toStage(stage: string, { region }: Place, env: Terminal['env']): Promise<Connection> {
  if (!/^[\w-]+$/.test(stage)) throw new CommandError('a stage is made of letters, digits, - and _');
  const { mapping, quota } = readDeliverySettings(env);
  // By the queue's URL it would go past an endpoint that AWS_ENDPOINT_URL names.
  const sqs = createSqs({ useQueueUrlAsEndpoint: false, ...(region && { region }) });
  const where = await sqs.config.region();
  const urlOf = async (queue: string): Promise<string> => {
    const name = `${stackOf(stage)}-${queue}.fifo`;
    try {
      const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
      return QueueUrl;
    } catch (error) {
      if (!(error instanceof Error) || !isNoQueue(error)) throw error;
      throw new CommandError(
        `there is no queue ${name} in ${where}: check --stage, --region and the AWS account, or deploy it first`,
      );
    }
  };
  const [queueUrl, deadLetterQueueUrl] = await Promise.all([urlOf('events'), urlOf('dead-letters')]);
  const title = `the stage ${stage} in ${where}`;
  return { title, sqs, queueUrl, deadLetterQueueUrl, mapping, quota, waitSeconds: 1 };
}

const isNoQueue = ({ name }: Error) =>
  name === 'QueueDoesNotExist' || name === 'AWS.SimpleQueueService.NonExistentQueue';
