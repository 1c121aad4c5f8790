import type { IncomingMessage } from 'node:http';
import type { Clock } from '../runtime/clock.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import { pingSalesmachine } from '../salesmachine/ping.ts';
import type { DeliveryStatus, LocalConnection, LocalStatus } from './api-schema.ts';
import type { LocalSqs } from './aws/local-sqs.ts';
import { findOldestSentAt } from './aws/oldest-message.ts';
import { json, type Reply, type Route } from './http-server.ts';
import type { LocalConfig } from './local-config.ts';
import type { RelayState } from './relay-state.ts';

type RouteDependencies = {
  config: LocalConfig;
  queues: LocalSqs;
  salesmachine: Pick<Salesmachine, 'post'>;
  clock: Clock;
  state(): Promise<RelayState>;
  deliveryStatus(): DeliveryStatus | undefined;
};

/** What only the local relay answers, under `/local/`: what it holds, and what the `relay` command needs to know. */
export function createLocalRoutes({
  config,
  queues,
  salesmachine,
  clock,
  state,
  deliveryStatus,
}: RouteDependencies): Record<string, Route> {
  async function readStatus(): Promise<LocalStatus> {
    const { queued, inFlight } = await state();
    const oldest = await findOldestSentAt(queues.endpoint, queues.main, queued + inFlight);
    return {
      mappingOn: true,
      oldestAgeSeconds: oldest === undefined ? null : Math.round((clock.now() - oldest) / 1_000),
      delivery: deliveryStatus(),
    };
  }

  return {
    'GET /local/state': async () => json(200, await state()),
    'GET /local/connection': async () => json(200, toLocalConnection(config, queues)),
    'GET /local/status': async () => json(200, await readStatus()),
    'POST /local/ping': async () => json(200, await pingSalesmachine(salesmachine, clock.now)),
  };
}

/** Answers by method and path, whatever the query; nothing for a request that no route is for. */
export const createRouter =
  (routes: Readonly<Record<string, Route>>) =>
  (request: IncomingMessage): Promise<Reply> | undefined => {
    const [path] = (request.url ?? '').split('?');
    return routes[`${request.method} ${path}`]?.(request);
  };

/** No secret: what needs one is asked of the relay itself, which has it. */
function toLocalConnection({ worker }: LocalConfig, queues: LocalSqs): LocalConnection {
  return {
    sqs: { endpoint: queues.endpoint, region: 'us-east-1' },
    queueUrl: queues.main.url,
    deadLetterQueueUrl: queues.deadLetters.url,
    mapping: worker.delivery.mapping,
    quota: worker.delivery.quota,
  };
}
