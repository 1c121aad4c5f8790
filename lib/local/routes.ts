import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import type { Clock } from '../runtime/clock.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import { checkCredential } from '../salesmachine/ping.ts';
import type { LocalConnection, LocalStatus } from './api-schema.ts';
import type { LocalQueues } from './aws/local-sqs.ts';
import { oldestSentAt } from './aws/oldest-message.ts';
import { json, type Reply, readBody } from './http-server.ts';
import type { LocalConfig } from './local-config.ts';
import type { RelayState } from './relay.ts';
import type { StandIn } from './salesmachine/fake-salesmachine.ts';

const MAX_BODY_BYTES = 10_000;

const rejection = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ attribute: v.pipe(v.string(), v.nonEmpty()) }),
);

type Parts = {
  config: LocalConfig;
  queues: LocalQueues;
  standIn: StandIn | undefined;
  salesmachine: Pick<Salesmachine, 'post'>;
  clock: Clock;
  state(): Promise<RelayState>;
};

type Route = (request: IncomingMessage) => Promise<Reply>;

/** What only the local relay answers, under `/local/`: what it holds, and what the `relay` command needs to know. */
export function createLocalRoutes({ config, queues, standIn, salesmachine, clock, state }: Parts) {
  const routes: Record<string, Route> = {
    'GET /local/state': async () => json(200, await state()),
    'GET /local/connection': async () => json(200, connectionOf(config, queues)),
    'GET /local/status': async () => json(200, await status()),
    'POST /local/ping': async () => json(200, await checkCredential(salesmachine, clock.now)),
    ...(standIn && standInRoutes(standIn)),
  };

  async function status(): Promise<LocalStatus> {
    const { queued, inFlight } = await state();
    const oldest = await oldestSentAt(queues.endpoint, queues.main, queued + inFlight);
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
function standInRoutes(standIn: StandIn): Record<string, Route> {
  return {
    'GET /local/salesmachine': async () => json(200, standIn.state()),
    'POST /local/salesmachine/reject': async (request) => {
      const body = await readBody(request, MAX_BODY_BYTES);
      const result = v.safeParse(rejection, body?.toString());
      if (!result.success) return json(400, { message: 'The body must be {"attribute":"NAME"}.' });
      standIn.reject(result.output.attribute);
      return json(200, { rejected: result.output.attribute });
    },
    'DELETE /local/salesmachine/reject': async () => {
      standIn.rejectNothing();
      return json(200, { rejected: null });
    },
  };
}

function connectionOf({ madeUp, worker }: LocalConfig, queues: LocalQueues): LocalConnection {
  const { SEGMENT_SHARED_SECRETS: sharedSecret, INGEST_TOKENS: token } = madeUp;
  return {
    sqs: { endpoint: queues.endpoint, region: 'us-east-1' },
    queueUrl: queues.main.url,
    deadLetterQueueUrl: queues.deadLetters.url,
    mapping: worker.delivery.mapping,
    quota: worker.delivery.quota,
    madeUp: { ...(sharedSecret && { sharedSecret }), ...(token && { token }) },
  };
}
