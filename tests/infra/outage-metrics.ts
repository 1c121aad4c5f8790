import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { Salesmachine } from '../../lib/salesmachine/client.ts';
import { startEventSourceMapping } from '../simulation/models/event-source-mapping-model.ts';
import { createFifoQueue } from '../simulation/models/queue-model.ts';
import { sqsClient } from '../simulation/models/sqs-client.ts';
import { createSqsModel } from '../simulation/models/sqs-model.ts';
import { realRelay } from '../simulation/relays/real-relay.ts';
import { QUEUE_URL } from '../simulation/simulation.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { createVirtualTime } from '../support/virtual-time.ts';
import type { Values } from './cloudwatch-metrics.ts';

const MINUTE_MS = 60_000;
const PERIOD_MINUTES = 5;
const SALESMACHINE_AWAY: Salesmachine = {
  post: async () => ({ kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' }),
  refreshCredentialIfOlderThan: async () => {},
};

const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * What AWS measures, by period of five minutes, while Salesmachine is away and each of three users causes an event a
 * minute: the real worker behind models of the event source mapping and of SQS, which counts as visible also what waits
 * behind an invisible message of its group.
 *
 * @param enabled whether the event source mapping invokes the worker
 */
export async function simulateOutage({
  hours,
  enabled,
}: {
  hours: number;
  enabled: boolean;
}): Promise<Values[]> {
  const time = createVirtualTime();
  const random = seededRandom(1, 'outage');
  const queue = createFifoQueue(
    { visibilityMs: 540_000, retentionMs: 14 * 24 * 60 * MINUTE_MS },
    { redriven: () => {}, expired: () => {} },
  );
  const sqs = createSqsModel({ time, random, queues: { [QUEUE_URL]: queue } });
  const relay = realRelay();
  const mapping = enabled
    ? startEventSourceMapping({
        time,
        random,
        sqs,
        queueUrl: QUEUE_URL,
        lanes: 2,
        functionTimeoutMs: 90_000,
        connect: () => SALESMACHINE_AWAY,
        createWorker: ({ clock, salesmachine, sqs }) =>
          relay.createWorker({ sqs: sqsClient(sqs), clock, random, log: silentLog, salesmachine }),
        onFailure: () => {},
      })
    : { invocations: () => 0 };

  const periods: Values[] = [];
  for (let period = 0; period < (hours * 60) / PERIOD_MINUTES; period += 1) {
    const visible: number[] = [];
    const inFlight: number[] = [];
    const invocationsBefore = mapping.invocations();
    for (let minute = 0; minute < PERIOD_MINUTES; minute += 1) {
      void sqsClient(sqs).send(sendEvents(`${period}.${minute}`));
      await time.run(time.now() + MINUTE_MS);
      const counts = queue.counts(time.now());
      visible.push(counts.visible);
      inFlight.push(counts.inFlight);
    }
    const invocations = mapping.invocations() - invocationsBefore;
    periods.push({
      'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=Queue': visible,
      'AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName=Queue': inFlight,
      // Lambda writes nothing where nothing was invoked.
      'AWS/Lambda Invocations FunctionName=WorkerLambdaFunction': invocations === 0 ? [] : [invocations],
    });
  }
  return periods;
}

function sendEvents(moment: string): SendMessageBatchCommand {
  const Entries = ['7', '8', '9'].map((userId) => ({
    Id: userId,
    MessageGroupId: userId,
    MessageDeduplicationId: `${userId}-${moment}`,
    MessageBody: JSON.stringify({
      type: 'track',
      userId,
      event: 'Visited',
      messageId: `${userId}-${moment}`,
    }),
  }));
  return new SendMessageBatchCommand({ QueueUrl: QUEUE_URL, Entries });
}
