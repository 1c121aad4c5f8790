import { createIngest } from '../../handlers/ingest.ts';
import { createWorker } from '../../handlers/worker.ts';
import { readIngestConfig, readWorkerConfig } from '../config/config.ts';
import { type Environment, fixed, mapped, type Source } from '../config/secrets.ts';
import { type Clock, type Random, systemClock, systemRandom } from '../runtime/clock.ts';
import { createSalesmachine } from '../salesmachine/client.ts';
import { depthOf } from '../sqs/queue-depth.ts';
import type { Log } from '../telemetry/log.ts';
import { createEventSourceMapping } from './aws/event-source-mapping.ts';
import { createApiGateway } from './aws/local-api-gateway.ts';
import { type LocalQueues, startQueues } from './aws/local-sqs.ts';
import { createMessageCounter } from './aws/message-counter.ts';
import { listen } from './http-server.ts';
import type { LocalConfig } from './local-config.ts';
import { createLocalRoutes } from './routes.ts';
import { createStandIn, type StandIn } from './salesmachine/fake-salesmachine.ts';
import { startStandInServer } from './salesmachine/fake-server.ts';
import { countEvents, countRequests } from './with-counters.ts';

/** The functions' time-outs as they are deployed. */
const INGEST_TIMEOUT_MS = 8_000;
const WORKER_TIMEOUT_MS = 90_000;

/** Events, but for the last two: requests to Salesmachine, and its answers of 429. */
export type RelayState = {
  accepted: number;
  skipped: number;
  queued: number;
  inFlight: number;
  delivered: number;
  deadLettered: number;
  requests: number;
  throttled: number;
};

export type Relay = {
  url: string;
  salesmachineUrl: string;
  queues: LocalQueues;
  /** Nothing if the relay sends to a Salesmachine elsewhere. */
  standIn: StandIn | undefined;
  state(): Promise<RelayState>;
  /** Within 5 s, whatever still runs. What is queued is gone then: it was in memory. */
  stop(): Promise<void>;
};

type RelayOptions = {
  config: LocalConfig;
  /** Where the configuration's secrets come from, if they can change. */
  environment?: Source<Environment>;
  log: Log;
  clock?: Clock;
  random?: Random;
};

/**
 * The whole relay in this process: the deployed handlers, and a stand-in for everything around them.
 *
 * @throws an Error with the code `EADDRINUSE` if the port is taken
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const {
    config,
    environment = fixed(config.given),
    log,
    clock = systemClock,
    random = systemRandom,
  } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopPart of stops.splice(0).reverse()) await stopPart();
  };

  try {
    const queues = await startQueues();
    stops.push(queues.stop);
    const queueUrls = { queueUrl: queues.main.url, deadLetterQueueUrl: queues.deadLetters.url };

    const standIn = config.standIn && createStandIn({ ...config.standIn, now: clock.now });
    const standInServer = standIn && (await startStandInServer(standIn));
    if (standInServer) stops.push(standInServer.stop);
    const salesmachineUrl = standInServer?.url ?? config.worker.salesmachine.url;

    const present = mapped(environment, (env) => ({
      ...env,
      ...config.madeUp,
      SALESMACHINE_URL: salesmachineUrl,
      QUEUE_URL: queues.main.url,
      DEAD_LETTER_QUEUE_URL: queues.deadLetters.url,
    }));

    const sqs = queues.connect();
    const messages = createMessageCounter({ main: queues.main.url, deadLetters: queues.deadLetters.url });
    messages.watch(sqs);
    const salesmachine = countRequests(
      createSalesmachine(
        { ...config.worker.salesmachine, url: salesmachineUrl },
        mapped(present, (env) => readWorkerConfig(env).salesmachine),
      ),
    );
    const { lanes } = config.worker.delivery.quota;
    const workers = Array.from({ length: lanes }, () =>
      createWorker({ config: { ...config.worker, ...queueUrls }, sqs, salesmachine, clock, random, log }),
    );
    const mapping = createEventSourceMapping({
      sqs,
      queue: queues.main,
      lanes,
      functionTimeoutMs: WORKER_TIMEOUT_MS,
      clock,
      log,
      invoke: async (lane, event, context) => workers[lane]?.(event, context),
    });
    stops.push(mapping.stop);

    const ingestSqs = queues.connect();
    const ingest = countEvents(
      createIngest({
        config: { ...config.ingest, ...queueUrls },
        credentials: mapped(present, (env) => readIngestConfig(env).credentials),
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

    const state = async (): Promise<RelayState> => {
      const [main, deadLetters] = await Promise.all([
        depthOf(ingestSqs, queues.main.url),
        depthOf(ingestSqs, queues.deadLetters.url),
      ]);
      return {
        ...ingest.counts(),
        ...main,
        delivered: messages.delivered(),
        deadLettered: deadLetters.queued + deadLetters.inFlight,
        ...salesmachine.counts(),
      };
    };

    const localRoute = createLocalRoutes({ config, queues, standIn, salesmachine, clock, state });
    const server = await listen((request) => localRoute(request) ?? gateway(request), config.port);
    stops.push(server.stop);
    mapping.start();
    return { url: server.url, salesmachineUrl, queues, standIn, state, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
