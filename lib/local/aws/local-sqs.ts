import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { connectToLocalSqs } from './local-sqs-client.ts';

export type LocalQueue = { url: string; arn: string };

export type LocalSqs = {
  /** Where SQS's own protocol is spoken, over HTTP. */
  endpoint: string;
  main: LocalQueue;
  deadLetters: LocalQueue;
  /** One more client, with connections of its own; `stop` ends it, too. */
  connect(): SQSClient;
  stop(): Promise<void>;
};

type LocalSqsOptions = { visibilityTimeoutSeconds?: number; maxReceiveCount?: number };

/** 14 days, the most that SQS offers. */
const RETENTION_SECONDS = 14 * 24 * 3_600;

const fifo = {
  FifoQueue: 'true',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
  MessageRetentionPeriod: String(RETENTION_SECONDS),
} as const;

/** The relay's two queues as they are deployed, in memory, on an SQS that only this machine can reach. */
export async function startLocalSqs(options: LocalSqsOptions = {}): Promise<LocalSqs> {
  const { visibilityTimeoutSeconds = 540, maxReceiveCount = 1_000 } = options;
  // fauxqs's own start function would listen on every network interface.
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });

  const clients: SQSClient[] = [];
  const connect = () => {
    const client = connectToLocalSqs(endpoint);
    clients.push(client);
    return client;
  };

  const sqs = connect();
  const deadLetters = await createQueue(sqs, 'relay-dead-letters.fifo', fifo);
  const main = await createQueue(sqs, 'relay.fifo', {
    ...fifo,
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount }),
  });

  return {
    endpoint,
    main,
    deadLetters,
    connect,
    async stop() {
      for (const client of clients) client.destroy();
      await app.close();
    },
  };
}

async function createQueue(
  sqs: SQSClient,
  name: string,
  attributes: Record<string, string>,
): Promise<LocalQueue> {
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
  );
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn: Attributes?.['QueueArn'] ?? '' };
}
