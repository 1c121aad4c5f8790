import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { localConnection } from '../local/api-schema.ts';
import { createSqs } from '../sqs/sqs-client.ts';
import { CommandError } from './cli-errors.ts';
import type { Terminal } from './command-context.ts';
import { askRelay, relayUrl } from './request-local-relay.ts';
import { stackOf } from './stage-clients.ts';
import { stageSettings, type WorkerSettings } from './worker-settings.ts';

export type Place = { stage?: string; region?: string };

/** A relay that a command speaks to. */
export type Connection = {
  /** For people: which relay this is. */
  title: string;
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** Those that its worker goes by. */
  settings(): Promise<WorkerSettings>;
  /** How long to wait before a queue counts as empty: SQS asks all its servers only then. The local one is one. */
  waitSeconds: number;
};

export const withPlace = (command: Command): Command =>
  command
    .option('--stage <name>', 'a deployment on AWS, instead of the local relay')
    .option('--region <name>', 'its AWS region, instead of AWS_REGION');

/**
 * Runs `use` with the relay that is meant, and disconnects.
 *
 * @throws CommandError if there is no such relay
 */
export async function withConnection<T>(
  place: Place,
  terminal: Pick<Terminal, 'env' | 'stderr'>,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await (place.stage === undefined
    ? toLocal(terminal.env)
    : toStage(place.stage, place, terminal));
  try {
    return await use(connection);
  } finally {
    connection.sqs.destroy();
  }
}

async function toLocal(env: Terminal['env']): Promise<Connection> {
  const relay = await askRelay(env, 'GET /local/connection', localConnection);
  const { sqs, mapping, quota, madeUp: _, ...queues } = relay;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return {
    ...queues,
    title: `the local relay at ${relayUrl(env)}`,
    sqs: createSqs({ ...sqs, credentials }),
    settings: async () => ({ mapping, quota }),
    waitSeconds: 0,
  };
}

async function toStage(
  stage: string,
  { region }: Place,
  terminal: Pick<Terminal, 'env' | 'stderr'>,
): Promise<Connection> {
  if (!/^[\w-]+$/.test(stage)) throw new CommandError('a stage is made of letters, digits, - and _');
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
  const settings = () => stageSettings(stage, region, terminal);
  return { title, sqs, queueUrl, deadLetterQueueUrl, settings, waitSeconds: 1 };
}

const isNoQueue = ({ name }: Error) =>
  name === 'QueueDoesNotExist' || name === 'AWS.SimpleQueueService.NonExistentQueue';
