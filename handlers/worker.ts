import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { readLogSettings, readWorkerConfig, type WorkerConfig } from '../lib/config/config.ts';
import { readLambdaParameters } from '../lib/config/lambda-parameters.ts';
import { createSecretsEnvironment } from '../lib/config/secrets.ts';
import { createDeadLetterWriter } from '../lib/dead-letters/dead-letter-writer.ts';
import { createLane, type DeliveryPorts, type Lane } from '../lib/delivery/lane.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { withInvocation } from '../lib/runtime/invocation-context.ts';
import { createOnInitialization, type LambdaFunction, lambda } from '../lib/runtime/lambda.ts';
import { systemRandom } from '../lib/runtime/random.ts';
import { mapRefreshable } from '../lib/runtime/refreshable.ts';
import { createSalesmachine } from '../lib/salesmachine/client.ts';
import { pingRequest } from '../lib/salesmachine/ping-request.ts';
import { sqsBatch } from '../lib/sqs/sqs-batch.ts';
import { createSqs, type Sqs } from '../lib/sqs/sqs-client.ts';
import { createWorkerQueue } from '../lib/sqs/worker-queue.ts';
import { unexpectedErrorFields } from '../lib/telemetry/error-fields.ts';
import { createLog } from '../lib/telemetry/log.ts';

type Worker = LambdaFunction<SQSEvent, SQSBatchResponse>;

export type WorkerDependencies = Omit<DeliveryPorts, 'queue'> & { config: WorkerConfig; sqs: Sqs };

/** The function that delivers the queued events to Salesmachine. Each one that is created is a lane of its own. */
export function createWorker({ config, sqs, ...ports }: WorkerDependencies): Worker & Pick<Lane, 'status'> {
  const queuePorts = { ...ports, ...config, sqs };
  const queue = { ...createWorkerQueue(queuePorts), ...createDeadLetterWriter(queuePorts) };
  const lane = createLane(config.delivery, { ...ports, queue });

  const worker = withInvocation(
    lambda<SQSEvent>()
      .use(pingRequest(ports.salesmachine, ports.clock.now))
      .use(sqsBatch())
      .handler<SQSEvent, SQSBatchResponse>(({ messages }, context) =>
        lane.deliver(messages, ports.clock.now() + context.getRemainingTimeInMillis()),
      ),
  );
  return Object.assign(worker, { status: lane.status });
}

export const handler: Worker = await createOnInitialization(
  async () => {
    const environment = createSecretsEnvironment(process.env, systemClock, readLambdaParameters);
    const config = readWorkerConfig(await environment.get());
    const credential = mapRefreshable(environment, (env) => readWorkerConfig(env).salesmachine);
    return createWorker({
      config,
      sqs: createSqs(),
      salesmachine: createSalesmachine(config.salesmachine, credential),
      clock: systemClock,
      random: systemRandom,
      log: createLog('worker', readLogSettings(process.env)),
    });
  },
  (error) => {
    createLog('worker').error('worker failed', unexpectedErrorFields(error));
    // Lambda logs the message of what is thrown: it must not be one that quotes an event.
    throw new Error('The worker failed: the log line before this one says why.');
  },
);
