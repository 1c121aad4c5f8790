import { createWorker } from '../../handlers/worker.ts';
import { readWorkerConfig } from '../config/config.ts';
import type { Environment } from '../config/secrets.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { mapRefreshable, type Refreshable } from '../runtime/refreshable.ts';
import { createSalesmachine } from '../salesmachine/client.ts';
import type { Log } from '../telemetry/log.ts';
import { createAbandonableClock } from './abandonable-clock.ts';
import type { FailingRequests } from './api-schema.ts';
import { createEventSourceMapping } from './aws/event-source-mapping.ts';
import type { LocalSqs } from './aws/local-sqs.ts';
import { createMessageCounter } from './aws/message-counter.ts';
import { createQueueObserver } from './aws/queue-observer.ts';
import type { Collector } from './console/collector.ts';
import { combineLaneStatuses } from './delivery-status.ts';
import { addRequest } from './failing-requests.ts';
import type { LocalConfig } from './local-config.ts';
import { observeLog } from './observe-log.ts';
import { withRequestCounter } from './with-counters.ts';

/** The function's time-out as it is deployed. */
const WORKER_TIMEOUT_MS = 90_000;

type LocalWorkerOptions = {
  config: LocalConfig['worker'];
  environment: Refreshable<Environment>;
  salesmachineUrl: string;
  queues: LocalSqs;
  collector: Collector;
  clock: Clock;
  random: Random;
  log: Log;
};

/** The worker, a lane for each concurrent invocation, behind the event source mapping of the main queue. */
export function createLocalWorker(options: LocalWorkerOptions) {
  const { config, environment, salesmachineUrl, queues, collector, random, log } = options;
  const sqs = queues.connect();
  const abandoned = new AbortController();
  const clock = createAbandonableClock(options.clock, abandoned.signal);
  const messageCounter = createMessageCounter();
  createQueueObserver(queues, [messageCounter.listener, collector.queueListener]).observe(sqs);
  const salesmachine = withRequestCounter(
    collector.observeSalesmachine(
      createSalesmachine(
        { ...config.salesmachine, url: salesmachineUrl },
        mapRefreshable(environment, (env) => readWorkerConfig(env).salesmachine),
        clock,
      ),
    ),
    clock,
  );
  const workerConfig = { ...config, queueUrl: queues.main.url, deadLetterQueueUrl: queues.deadLetters.url };
  let failing: FailingRequests | null = null;
  const workerLog = observeLog(collector.observeLog(log), (message, { outcome, status, problem }) => {
    if (message !== 'request completed') return;
    const request = { at: clock.now(), outcome, status: status ?? null, problem: problem ?? null };
    failing = addRequest(failing, request);
  });
  const { lanes } = config.delivery.quota;
  const workers = Array.from({ length: lanes }, () =>
    createWorker({
      config: workerConfig,
      sqs,
      salesmachine,
      clock,
      random,
      log: workerLog,
    }),
  );
  const eventSourceMapping = createEventSourceMapping({
    sqs,
    queue: queues.main,
    lanes,
    functionTimeoutMs: WORKER_TIMEOUT_MS,
    clock,
    log,
    invoke: collector.observeInvocations(async (lane, event, context) => workers[lane]?.(event, context)),
  });
  const laneStatuses = () => workers.map((worker) => worker.status());
  const deliveryStatus = () =>
    combineLaneStatuses(laneStatuses(), { lastRequestMs: salesmachine.lastRequestMs(), failing });

  /** Invocations that run on after the stop of the mapping never go on. */
  async function stop(): Promise<void> {
    await eventSourceMapping.stop();
    abandoned.abort();
  }

  return {
    start: eventSourceMapping.start,
    stop,
    salesmachine,
    messageCounter,
    laneStatuses,
    deliveryStatus,
  };
}
