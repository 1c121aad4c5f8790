import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readLogSettings, readWorkerConfig, type WorkerConfig } from '../lib/config/config.ts';
import { createSecretsEnvironment } from '../lib/config/secrets.ts';
import { createLane } from '../lib/delivery/lane.ts';
import { type Clock, systemClock } from '../lib/runtime/clock.ts';
import { memoizeAsync } from '../lib/runtime/lazy.ts';
import { type Random, systemRandom } from '../lib/runtime/random.ts';
import { mapRefreshable } from '../lib/runtime/refreshable.ts';
import { createSalesmachine, type Salesmachine } from '../lib/salesmachine/client.ts';
import { fromSqsRecord } from '../lib/sqs/received-message.ts';
import { createSqs, type Sqs } from '../lib/sqs/sqs-client.ts';
import { createWorkerQueue } from '../lib/sqs/worker-queue.ts';
import { unexpectedErrorFields } from '../lib/telemetry/error-fields.ts';
import { withInvocation } from '../lib/telemetry/invocation-context.ts';
import { createLog, type Log } from '../lib/telemetry/log.ts';

export type WorkerDependencies = {
  config: WorkerConfig;
  sqs: Sqs;
  salesmachine: Salesmachine;
  clock: Clock;
  random: Random;
  log: Log;
};

/** The function that drains the queue. Each one made is a lane of its own. */
export function createWorker({ config, sqs, ...dependencies }: WorkerDependencies) {
  const queue = createWorkerQueue({ ...dependencies, ...config, sqs });
  const lane = createLane(config.delivery, { ...dependencies, queue });

  const worker = middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 }).handler(
    async (event: SQSEvent, context: Context) => {
      const deadline = dependencies.clock.now() + context.getRemainingTimeInMillis();
      const messages = event.Records.map(fromSqsRecord);
      const failed = await lane.deliver(messages, deadline);
      const batchItemFailures = messages
        .filter(({ sqsMessageId }) => failed.has(sqsMessageId))
        .map(({ sqsMessageId }) => ({ itemIdentifier: sqsMessageId }));
      return { batchItemFailures };
    },
  );
  return withInvocation(worker);
}

/** Made at the first invocation, so that importing this file needs no settings. */
const getHandler = memoizeAsync(async () => {
  const environment = createSecretsEnvironment(process.env, systemClock);
  const config = readWorkerConfig(await environment.get());
  return createWorker({
    config,
    sqs: createSqs(),
    salesmachine: createSalesmachine(
      config.salesmachine,
      mapRefreshable(environment, (env) => readWorkerConfig(env).salesmachine),
    ),
    clock: systemClock,
    random: systemRandom,
    log: createLog('worker', readLogSettings(process.env)),
  });
});

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  try {
    return await (await getHandler())(event, context);
  } catch (error) {
    createLog('worker').error('worker failed', unexpectedErrorFields(error));
    // Lambda logs the message of what is thrown: it must not be one that quotes an event.
    throw new Error('The worker failed: the log line before this one says why.');
  }
};
