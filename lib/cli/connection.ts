import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { createDeadLetterReader, type DeadLetterReader } from '../dead-letters/dead-letter-reader.ts';
import { localConnectionSchema } from '../local/api-schema.ts';
import { connectToLocalSqs } from '../local/aws/local-sqs-client.ts';
import { createSqs } from '../sqs/sqs-client.ts';
import { CommandError } from './cli-errors.ts';
import type { CommandContext } from './command-context.ts';
import { relayUrl, requestLocalRelay } from './request-local-relay.ts';
import { type AuditEntry, identifyOperator, toAuditLine, writeAuditLine } from './stage/audit.ts';
import { stackName } from './stage/stage-clients.ts';
import { connectLogs } from './stage/stage-log.ts';
import { checkStageName, readStageRegion } from './stage/stage-target.ts';
import { fetchStageSettings, type WorkerSettings } from './stage/worker-settings.ts';

export type TargetOptions = { stage?: string; region?: string };

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
  /** Leaves a line in the log of a stage that says what an operator did; the local relay has no such log. */
  audit(entry: AuditEntry): Promise<void>;
};

/** Adds --stage and --region. A stage that has a file, `stages/STAGE.yml`, is where npm run deploy puts it. */
export const withTargetOptions = (command: Command): Command =>
  command
    .option('--stage <name>', 'a deployment on AWS, instead of the local relay')
    .option('--region <name>', 'its AWS region, instead of that of stages/STAGE.yml, or AWS_REGION')
    .hook('preAction', async (_, action) => {
      const { stage, region } = action.opts<TargetOptions>();
      if (stage === undefined || region !== undefined) return;
      const deployed = await readStageRegion(stage, process.env);
      if (deployed !== undefined) action.setOptionValue('region', deployed);
    });

/**
 * Runs `use` with the relay that is meant, and disconnects.
 *
 * @throws CommandError if there is no such relay
 */
export async function withConnection<T>(
  target: TargetOptions,
  context: Pick<CommandContext, 'env' | 'stderr' | 'clock' | 'random'>,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await (target.stage === undefined
    ? connectLocal(context)
    : connectStage(target.stage, target, context));
  try {
    return await use(connection);
  } finally {
    connection.sqs.destroy();
  }
}

async function connectLocal(context: Pick<CommandContext, 'env' | 'clock'>): Promise<Connection> {
  const relay = await requestLocalRelay(context, 'GET /local/connection', localConnectionSchema);
  const { sqs, mapping, quota, ...queues } = relay;
  return {
    ...queues,
    title: `the local relay at ${relayUrl(context.env)}`,
    sqs: connectToLocalSqs(sqs.endpoint),
    settings: async () => ({ mapping, quota }),
    waitSeconds: 0,
    audit: async () => undefined,
  };
}

async function connectStage(
  stage: string,
  { region }: TargetOptions,
  context: Pick<CommandContext, 'env' | 'stderr' | 'clock' | 'random'>,
): Promise<Connection> {
  checkStageName(stage);
  // By the queue's URL it would go past an endpoint that AWS_ENDPOINT_URL names.
  const sqs = createSqs({ useQueueUrlAsEndpoint: false, ...(region && { region }) });
  const resolvedRegion = await sqs.config.region();
  const findQueueUrl = async (queue: string): Promise<string> => {
    const name = `${stackName(stage)}-${queue}.fifo`;
    try {
      const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
      return QueueUrl;
    } catch (error) {
      if (!(error instanceof Error) || !isQueueMissing(error)) throw error;
      throw new CommandError(
        `there is no queue ${name} in ${resolvedRegion}: check --stage, --region and the AWS account, or deploy it first`,
      );
    }
  };
  const [queueUrl, deadLetterQueueUrl] = await Promise.all([
    findQueueUrl('events'),
    findQueueUrl('dead-letters'),
  ]);
  const title = `the stage ${stage} in ${resolvedRegion}`;
  const settings = () => fetchStageSettings(stage, region, context);
  const audit = async (entry: AuditEntry) => {
    const { accessKeyId } = await sqs.config.credentials();
    const client = await connectLogs(region);
    await writeAuditLine(stage, toAuditLine(entry, identifyOperator(accessKeyId)), { client, context });
    client.destroy();
  };
  return { title, sqs, queueUrl, deadLetterQueueUrl, settings, waitSeconds: 1, audit };
}

const isQueueMissing = ({ name }: Error) =>
  name === 'QueueDoesNotExist' || name === 'AWS.SimpleQueueService.NonExistentQueue';

/** Reads the dead letters of a relay, until Ctrl-C. */
export const openDeadLetterReader = (
  connection: Connection,
  context: CommandContext,
  signal: AbortSignal = context.interruptSignal(),
): DeadLetterReader =>
  createDeadLetterReader({ ...connection, ...context }, { signal, waitSeconds: connection.waitSeconds });
