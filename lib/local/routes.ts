import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import type { Clock } from '../runtime/clock.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import { pingSalesmachine } from '../salesmachine/ping.ts';
import type { LocalConnection, LocalStatus } from './api-schema.ts';
import type { LocalSqs } from './aws/local-sqs.ts';
import { findOldestSentAt } from './aws/oldest-message.ts';
import { json, type Reply, readBody } from './http-server.ts';
import type { LocalConfig } from './local-config.ts';
import type { RelayState } from './relay.ts';
import type { FakeSalesmachine } from './salesmachine/fake-salesmachine.ts';

const MAX_BODY_BYTES = 10_000;

const rejectBodySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ attribute: v.pipe(v.string(), v.nonEmpty()) }),
);

type RouteDependencies = {
  config: LocalConfig;
  queues: LocalSqs;
  fakeSalesmachine: FakeSalesmachine | undefined;
  salesmachine: Pick<Salesmachine, 'post'>;
  clock: Clock;
  state(): Promise<RelayState>;
};

type Route = (request: IncomingMessage) => Promise<Reply>;

/** What only the local relay answers, under `/local/`: what it holds, and what the `relay` command needs to know. */
export function createLocalRoutes({
  config,
  queues,
  fakeSalesmachine,
  salesmachine,
  clock,
  state,
}: RouteDependencies) {
  const routes: Record<string, Route> = {
    'GET /local/state': async () => json(200, await state()),
    'GET /local/connection': async () => json(200, toLocalConnection(config, queues)),
    'GET /local/status': async () => json(200, await readStatus()),
    'POST /local/ping': async () => json(200, await pingSalesmachine(salesmachine, clock.now)),
    ...(fakeSalesmachine && fakeSalesmachineRoutes(fakeSalesmachine)),
  };

  async function readStatus(): Promise<LocalStatus> {
    const { queued, inFlight } = await state();
    const oldest = await findOldestSentAt(queues.endpoint, queues.main, queued + inFlight);
    return {
      mappingOn: true,
      oldestAgeSeconds: oldest === undefined ? null : Math.round((clock.now() - oldest) / 1_000),
    };
  }

  return (request: IncomingMessage): Promise<Reply> | undefined => {
    const route = `${request.method} ${request.url}`;
    return Object.hasOwn(routes, route) ? routes[route]?.(request) : undefined;
  };
}

/** To look at the stand-in, and to have it refuse an attribute, so that there are dead letters to practise with. */
function fakeSalesmachineRoutes(fakeSalesmachine: FakeSalesmachine): Record<string, Route> {
  return {
    'GET /local/salesmachine': async () => json(200, fakeSalesmachine.state()),
    'POST /local/salesmachine/reject': async (request) => {
      const body = await readBody(request, MAX_BODY_BYTES);
      const result = v.safeParse(rejectBodySchema, body?.toString());
      if (!result.success) return json(400, { message: 'The body must be {"attribute":"NAME"}.' });
      fakeSalesmachine.reject(result.output.attribute);
      return json(200, { rejected: result.output.attribute });
    },
    'DELETE /local/salesmachine/reject': async () => {
      fakeSalesmachine.acceptAll();
      return json(200, { rejected: null });
    },
  };
}

function toLocalConnection({ generated, worker }: LocalConfig, queues: LocalSqs): LocalConnection {
  const { SEGMENT_SHARED_SECRETS: sharedSecret, INGEST_TOKENS: token } = generated;
  return {
    sqs: { endpoint: queues.endpoint, region: 'us-east-1' },
    queueUrl: queues.main.url,
    deadLetterQueueUrl: queues.deadLetters.url,
    mapping: worker.delivery.mapping,
    quota: worker.delivery.quota,
    madeUp: { ...(sharedSecret && { sharedSecret }), ...(token && { token }) },
  };
}
