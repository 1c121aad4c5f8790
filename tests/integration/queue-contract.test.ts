import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { systemClock } from '../../lib/runtime/clock.ts';
import { createFifoQueue } from '../simulation/models/queue-model.ts';
import { sqsClient } from '../simulation/models/sqs-client.ts';
import { createSqsModel } from '../simulation/models/sqs-model.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { createVirtualTime } from '../support/virtual-time.ts';
import { answers } from './queue-contract/answers.ts';
import { MAX_RECEIVE_COUNT, type Queues, VISIBILITY_SECONDS } from './queue-contract/contract-helpers.ts';
import { flow } from './queue-contract/flow.ts';

const behaviours = [...flow, ...answers];

describe('the model of the queue', () => {
  test.each(behaviours)('$name', async ({ check }) => {
    const clock = createVirtualTime();
    const deadLetters = createFifoQueue(
      { visibilityMs: 30_000, retentionMs: 1_209_600_000 },
      { redriven: () => {}, expired: () => {} },
    );
    const main = createFifoQueue(
      {
        visibilityMs: VISIBILITY_SECONDS * 1_000,
        retentionMs: 1_209_600_000,
        maxReceiveCount: MAX_RECEIVE_COUNT,
      },
      { redriven: (message) => deadLetters.adopt(message, clock.now()), expired: () => {} },
    );
    const queues = { main, dead: deadLetters };
    const sqs = sqsClient(createSqsModel({ time: clock, random: seededRandom(1), queues }));
    const checked = check({ sqs, main: 'main', dead: 'dead', clock });
    const [result] = await Promise.allSettled([checked, clock.run()]);
    expect(result).toEqual({ status: 'fulfilled', value: undefined });
  });
});

describe('fauxqs', () => {
  let server: FauxqsServer;
  let sqs: SQSClient;
  let pairs = 0;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    sqs = new SQSClient({
      endpoint: server.address,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  });

  afterAll(async () => {
    sqs.destroy();
    await server.stop();
  });

  const createPair = async (): Promise<Queues> => {
    pairs += 1;
    const name = `pair${pairs}`;
    const create = async (QueueName: string, more: Record<string, string> = {}) => {
      const Attributes = {
        FifoQueue: 'true',
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        VisibilityTimeout: String(VISIBILITY_SECONDS),
        ...more,
      };
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
      return QueueUrl;
    };
    const dead = await create(`${name}-dead.fifo`);
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${name}-dead.fifo`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVE_COUNT });
    return { sqs, main: await create(`${name}.fifo`, { RedrivePolicy }), dead, clock: systemClock };
  };

  test.each(behaviours.filter((each) => !each.fauxqs))('$name', async ({ check }) => {
    await check(await createPair());
  });

  // A difference that is gone must leave the list.
  test.each(behaviours.filter((each) => each.fauxqs))('differs: $name: it $fauxqs', async ({ check }) => {
    await expect(check(await createPair())).rejects.toThrow();
  });
});
