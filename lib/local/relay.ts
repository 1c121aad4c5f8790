import { createIngest } from '../../handlers/ingest.ts';
import { createWorker } from '../../handlers/worker.ts';
import { readIngestSettings, readWorkerConfig } from '../config/config.ts';
import type { Environment } from '../config/secrets.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { constant, mapRefreshable, type Refreshable } from '../runtime/refreshable.ts';
import { createSalesmachine } from '../salesmachine/client.ts';
import type { Log } from '../telemetry/log.ts';
import { checkAccess } from './access.ts';
import { createEventSourceMapping } from './aws/event-source-mapping.ts';
import { createApiGateway } from './aws/local-api-gateway.ts';
import { type LocalSqs, startLocalSqs } from './aws/local-sqs.ts';
import { createMessageCounter } from './aws/message-counter.ts';
import { createQueueObserver } from './aws/queue-observer.ts';
import { listen } from './http-server.ts';
import type { LocalConfig } from './local-config.ts';
import { type RelayState, readRelayState } from './relay-state.ts';
import { createLocalRoutes, createRouter } from './routes.ts';
import { withFaults } from './salesmachine/fake-faults.ts';
import { createFakeRoutes } from './salesmachine/fake-routes.ts';
import { createFakeSalesmachine, type FakeSalesmachine } from './salesmachine/fake-salesmachine.ts';
import { startFakeServer } from './salesmachine/fake-server.ts';
import { withEventCounter, withRequestCounter } from './with-counters.ts';

/** The functions' time-outs as they are deployed. */
const INGEST_TIMEOUT_MS = 8_000;
const WORKER_TIMEOUT_MS = 90_000;

export type Relay = {
  url: string;
  salesmachineUrl: string;
  queues: LocalSqs;
  /** Undefined if the relay sends to a Salesmachine elsewhere. */
  fakeSalesmachine: FakeSalesmachine | undefined;
  state(): Promise<RelayState>;
  /** Takes at most 5 s, whatever still runs. What is queued is lost: it is in memory. */
  stop(): Promise<void>;
};

type RelayOptions = {
  config: LocalConfig;
  /** Where the configuration's secrets come from, if they can change. */
  environment?: Refreshable<Environment>;
  log: Log;
  clock?: Clock;
  random?: Random;
};

/**
 * The whole relay in this process: the deployed handlers, and local models of everything around them.
 *
 * @throws an Error with the code `EADDRINUSE` if the port is taken
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const {
    config,
    environment = constant(config.environment),
    log,
    clock = systemClock,
    random = systemRandom,
  } = options;
  const cleanups: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  };

  try {
    const queues = await startLocalSqs();
    cleanups.push(queues.stop);
    const queueUrls = { queueUrl: queues.main.url, deadLetterQueueUrl: queues.deadLetters.url };

    const fakeSalesmachine =
      config.fakeSalesmachine && createFakeSalesmachine({ ...config.fakeSalesmachine, now: clock.now });
    const faultySalesmachine = fakeSalesmachine && withFaults(fakeSalesmachine, random);
    const fakeServer = faultySalesmachine && (await startFakeServer(faultySalesmachine));
    if (fakeServer) cleanups.push(fakeServer.stop);
    const salesmachineUrl = fakeServer?.url ?? config.worker.salesmachine.url;

    const currentEnvironment = mapRefreshable(environment, (env) => ({
      ...env,
      ...config.generated,
      SALESMACHINE_URL: salesmachineUrl,
      QUEUE_URL: queues.main.url,
      DEAD_LETTER_QUEUE_URL: queues.deadLetters.url,
    }));

    const sqs = queues.connect();
    const messageCounter = createMessageCounter();
    createQueueObserver(queues, [messageCounter.listener]).observe(sqs);
    const salesmachine = withRequestCounter(
      createSalesmachine(
        { ...config.worker.salesmachine, url: salesmachineUrl },
        mapRefreshable(currentEnvironment, (env) => readWorkerConfig(env).salesmachine),
      ),
    );
    const { lanes } = config.worker.delivery.quota;
    const workers = Array.from({ length: lanes }, () =>
      createWorker({ config: { ...config.worker, ...queueUrls }, sqs, salesmachine, clock, random, log }),
    );
    const eventSourceMapping = createEventSourceMapping({
      sqs,
      queue: queues.main,
      lanes,
      functionTimeoutMs: WORKER_TIMEOUT_MS,
      clock,
      log,
      invoke: async (lane, event, context) => workers[lane]?.(event, context),
    });
    cleanups.push(eventSourceMapping.stop);

    const ingestSqs = queues.connect();
    const ingest = withEventCounter(
      createIngest({
        config: { ...config.ingest, ...queueUrls },
        credentials: mapRefreshable(currentEnvironment, (env) => readIngestSettings(env).credentials),
        sqs: ingestSqs,
        clock,
        random,
        log,
      }),
    );
    const gateway = createApiGateway({
      invoke: ingest.invoke,
      functionTimeoutMs: INGEST_TIMEOUT_MS,
      clock,
      log,
    });

    const state = () => readRelayState({ sqs: ingestSqs, queues, messageCounter, ingest, salesmachine });
    const route = createRouter({
      ...createLocalRoutes({ config, queues, salesmachine, clock, state }),
      ...(fakeSalesmachine && faultySalesmachine && createFakeRoutes(fakeSalesmachine, faultySalesmachine)),
    });
    const server = await listen(
      async (request) =>
        checkAccess(request, config.tunnelHosts) ?? (await (route(request) ?? gateway(request))),
      config.port,
    );
    cleanups.push(server.stop);
    eventSourceMapping.start();
    return { url: server.url, salesmachineUrl, queues, fakeSalesmachine, state, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
