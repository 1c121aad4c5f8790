import { createIngest } from '../../handlers/ingest.ts';
import { readIngestSettings } from '../config/config.ts';
import type { Environment } from '../config/secrets.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { constant, mapRefreshable, type Refreshable } from '../runtime/refreshable.ts';
import type { Log } from '../telemetry/log.ts';
import { checkAccess } from './access.ts';
import { createApiGateway } from './aws/local-api-gateway.ts';
import { type LocalSqs, startLocalSqs } from './aws/local-sqs.ts';
import { createQueueObserver } from './aws/queue-observer.ts';
import { createCommandRoutes } from './command-routes.ts';
import { createCollector } from './console/collector.ts';
import { createConsoleRoutes } from './console/console-routes.ts';
import { listen } from './http-server.ts';
import type { LocalConfig } from './local-config.ts';
import { createLocalWorker } from './local-worker.ts';
import { createLogRing } from './log-ring.ts';
import { type RelayState, readRelayState } from './relay-state.ts';
import { createLocalRoutes, createRouter } from './routes.ts';
import { withFaults } from './salesmachine/fake-faults.ts';
import { createFakeRoutes } from './salesmachine/fake-routes.ts';
import { createFakeSalesmachine, type FakeSalesmachine } from './salesmachine/fake-salesmachine.ts';
import { startFakeServer } from './salesmachine/fake-server.ts';
import { withEventCounter } from './with-counters.ts';

/** The function's time-out as it is deployed. */
const INGEST_TIMEOUT_MS = 8_000;

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
    clock = systemClock,
    random = systemRandom,
  } = options;
  const logRing = createLogRing(options.log, clock);
  const { log } = logRing;
  const stopping = new AbortController();
  const cleanups: (() => Promise<void>)[] = [];
  const stop = async () => {
    stopping.abort();
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  };

  try {
    const queues = await startLocalSqs();
    cleanups.push(queues.stop);
    const queueUrls = { queueUrl: queues.main.url, deadLetterQueueUrl: queues.deadLetters.url };

    const fake = config.fakeSalesmachine && (await startFake(config.fakeSalesmachine, { clock, random }));
    if (fake) cleanups.push(fake.server.stop);
    const salesmachineUrl = fake?.server.url ?? config.worker.salesmachine.url;

    const currentEnvironment = mapRefreshable(environment, (env) => ({
      ...env,
      ...config.generated,
      SALESMACHINE_URL: salesmachineUrl,
      QUEUE_URL: queues.main.url,
      DEAD_LETTER_QUEUE_URL: queues.deadLetters.url,
    }));

    const { mapping, quota } = config.worker.delivery;
    const collector = createCollector({ now: clock.now, mapping, quota });
    const worker = createLocalWorker({
      config: config.worker,
      environment: currentEnvironment,
      salesmachineUrl,
      queues,
      collector,
      clock,
      random,
      log,
    });
    cleanups.push(worker.stop);
    const { salesmachine, messageCounter, laneStatuses, deliveryStatus } = worker;

    const sqs = queues.connect();
    createQueueObserver(queues, [collector.queueListener]).observe(sqs);
    const ingest = withEventCounter(
      createIngest({
        config: { ...config.ingest, ...queueUrls },
        credentials: mapRefreshable(currentEnvironment, (env) => readIngestSettings(env).credentials),
        sqs,
        clock,
        random,
        log,
      }),
    );
    const gateway = createApiGateway({
      invoke: collector.observeIngest(ingest.invoke),
      functionTimeoutMs: INGEST_TIMEOUT_MS,
      clock,
      log,
    });

    const state = () => readRelayState({ sqs, queues, messageCounter, ingest, salesmachine });
    const route = createRouter({
      ...createLocalRoutes({ config, queues, salesmachine, clock, state, deliveryStatus }),
      ...createCommandRoutes({ credentials: config.ingest.credentials, logRing, url: () => server.url }),
      ...(fake && createFakeRoutes(fake.salesmachine, fake.faulty)),
      ...createConsoleRoutes({
        config,
        url: () => server.url,
        collector,
        state,
        laneStatuses,
        crm: fake?.salesmachine.crm,
        faults: () => fake?.faulty.faults() ?? [],
        deadLetters: { sqs, ...queueUrls, mapping, log },
        clock,
        random,
        signal: stopping.signal,
      }),
    });
    const server = await listen(
      async (request) =>
        checkAccess(request, config.tunnelHosts) ?? (await (route(request) ?? gateway(request))),
      config.port,
    );
    cleanups.push(server.stop);
    worker.start();
    return { url: server.url, salesmachineUrl, queues, fakeSalesmachine: fake?.salesmachine, state, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The fake behind its faults, and the server that they are behind. */
async function startFake(
  options: NonNullable<LocalConfig['fakeSalesmachine']>,
  { clock, random }: { clock: Clock; random: Random },
) {
  const salesmachine = createFakeSalesmachine({ ...options, now: clock.now });
  const faulty = withFaults(salesmachine, random);
  return { salesmachine, faulty, server: await startFakeServer(faulty) };
}
