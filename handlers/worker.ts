import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readLogSettings, readWorkerConfig, type WorkerConfig } from '../lib/config/config.ts';
import { createEnvironment, mapped } from '../lib/config/secrets.ts';
import { createLane } from '../lib/delivery/lane.ts';
import { type Clock, type Random, systemClock, systemRandom } from '../lib/runtime/clock.ts';
import { lazily } from '../lib/runtime/lazy.ts';
import { createSalesmachine, type Salesmachine } from '../lib/salesmachine/client.ts';
import { fromRecord } from '../lib/sqs/received-message.ts';
import { createSqs, type Sqs } from '../lib/sqs/sqs-client.ts';
import { createQueue } from '../lib/sqs/worker-queue.ts';
import { failureFields } from '../lib/telemetry/error-fields.ts';
import { withInvocation } from '../lib/telemetry/invocation-context.ts';
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

  const worker = middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 }).handler(
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
  return withInvocation(worker);
}

/** Made at the first invocation, so that importing this file needs no settings. */
const worker = lazily(async () => {
  const environment = createEnvironment(process.env, systemClock);
  const config = readWorkerConfig(await environment.get());
  return createWorker({
    config,
    sqs: createSqs(),
    salesmachine: createSalesmachine(
      config.salesmachine,
      mapped(environment, (env) => readWorkerConfig(env).salesmachine),
    ),
    clock: systemClock,
    random: systemRandom,
    log: createLog('worker', readLogSettings(process.env)),
  });
});

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  try {
    return await (await worker())(event, context);
  } catch (error) {
    createLog('worker').error('the worker failed', failureFields(error));
    // Lambda logs the message of what is thrown: it must not be one that quotes an event.
    throw new Error('The worker failed: the log line before this one says why.');
  }
};
