import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Clock, type Random, systemClock, systemRandom } from '../lib/clock.ts';
import { readWorkerConfig, type WorkerConfig } from '../lib/config.ts';
import { createLane } from '../lib/delivery/lane.ts';
import { createSqs, type Sqs } from '../lib/queue/client.ts';
import { createQueue } from '../lib/queue/queue.ts';
import { fromRecord } from '../lib/queue/received.ts';
import { createSalesmachine, type Salesmachine } from '../lib/salesmachine/client.ts';
import { createLog, type Log } from '../lib/telemetry/log.ts';

export type WorkerPorts = {
  config: WorkerConfig;
  sqs: Sqs;
  salesmachine: Salesmachine;
  clock: Clock;
  random: Random;
  log: Log;
};

/** The function that drains the queue. Each one made is a lane of its own. */
export function createWorker({ config, sqs, ...ports }: WorkerPorts) {
  const queue = createQueue({ ...ports, ...config, sqs });
  const lane = createLane(config.delivery, { ...ports, queue });

  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 }).handler(
    async (event: SQSEvent, context: Context) => {
      const deadline = ports.clock.now() + context.getRemainingTimeInMillis();
      const messages = event.Records.map(fromRecord);
      const failed = await lane.deliver(messages, deadline);
      const batchItemFailures = messages
        .filter(({ messageId }) => failed.has(messageId))
        .map(({ messageId }) => ({ itemIdentifier: messageId }));
      return { batchItemFailures };
    },
  );
}

let worker: ReturnType<typeof createWorker> | undefined;

/** Made at the first invocation, so that importing this file needs no settings. */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  worker ??= fromEnvironment();
  return worker(event, context);
};

function fromEnvironment() {
  const config = readWorkerConfig(process.env);
  return createWorker({
    config,
    sqs: createSqs(),
    salesmachine: createSalesmachine(config.salesmachine),
    clock: systemClock,
    random: systemRandom,
    log: createLog('worker'),
  });
}
