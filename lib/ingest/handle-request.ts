import { checkEvent } from '../mapping/map-event.ts';
import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import type { Json } from '../runtime/json.ts';
import type { Random } from '../runtime/random.ts';
import type { Refreshable } from '../runtime/refreshable.ts';
import { type Body, decodeBody } from '../segment/body.ts';
import type { HttpRequest } from '../segment/http-request.ts';
import { matchRoute, type Route } from '../segment/route.ts';
import { splitRequest } from '../segment/split-request.ts';
import { sendMessages } from '../sqs/send-messages.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import { errorFields } from '../telemetry/error-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { authorize } from './authorize.ts';
import { collectMessageIds, logOutcomes } from './ingest-log.ts';
import type { IngestSettings } from './ingest-settings.ts';
import { type Triage, triageEvents, triageUndecodable } from './triage.ts';

/** Segment gives up on an answer after 5 s, and would then send again what is queued already. */
export const DEADLINE_MS = 4_000;

export type HttpResponse = { status: number; headers?: Record<string, string>; body: object };

/** What the ingest works with. */
export type IngestDependencies = {
  config: IngestSettings;
  /** Where the credentials can change: instead of the configuration's. */
  credentials?: Refreshable<IngestSettings['credentials']>;
  sqs: Sqs;
  clock: Clock;
  random: Random;
  log: Log;
};

/** Takes one request in: its answer is 2xx only once every event of it is safe in a queue. */
export async function handleRequest(
  request: HttpRequest,
  dependencies: IngestDependencies,
): Promise<HttpResponse> {
  if (request.path === '/health') return { status: 200, body: { status: 'ok' } };
  const match = matchRoute(request.method, request.path);
  if (match.kind === 'unknown_path') {
    return {
      status: 404,
      body: { message: 'Nothing is here: send events to /segment, or to /v1/ with an SDK.' },
    };
  }
  if (match.kind === 'wrong_method') {
    return { status: 405, headers: { allow: match.allow }, body: { message: `Use ${match.allow} here.` } };
  }

  const { clock, log } = dependencies;
  const receivedAt = clock.now();
  const body = await decodeBody(request.headers, request.body);
  const json = body.kind === 'decoded' ? body.bytes : undefined;
  const authentication = await authorize(request, json, match.route, receivedAt, dependencies);
  if (authentication.kind === 'refused') {
    const { cause, status, message } = authentication;
    log.warn('authentication failed', { cause, status });
    return { status, body: { message } };
  }
  return enqueue(triage(request, body, match.route, dependencies), receivedAt, dependencies);
}

function triage(
  request: HttpRequest,
  body: Body,
  route: Route,
  { config, clock, random }: IngestDependencies,
): Triage {
  const context = {
    checkEvent: (source: Json) => checkEvent(source, config.mapping),
    now: clock.now(),
    trace: request.headers['x-amzn-trace-id'],
    random,
  };
  return body.kind === 'decoded'
    ? triageEvents(splitRequest(body.bytes, route), context)
    : triageUndecodable(request.body, body, context);
}

async function enqueue(
  { accepted, deadLetters, skipped, outcomes }: Triage,
  receivedAt: number,
  dependencies: IngestDependencies,
): Promise<HttpResponse> {
  const { config, log, clock } = dependencies;
  const skippedCount = Object.values(skipped).reduce((sum, count) => sum + count, 0);
  const counts = { accepted: accepted.length, deadLettered: deadLetters.length, skipped: skippedCount };
  try {
    await withDeadline(clock, receivedAt + DEADLINE_MS - clock.now(), async (signal) => {
      // Both are awaited even if one fails: nothing may be sent once the answer is out.
      const results = await Promise.allSettled([
        sendMessages(accepted, { ...dependencies, queueUrl: config.queueUrl }, signal),
        sendMessages(deadLetters, { ...dependencies, queueUrl: config.deadLetterQueueUrl }, signal),
      ]);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    });
  } catch (error) {
    log.error('events not queued', {
      ...counts,
      messageIds: collectMessageIds(outcomes),
      ...errorFields(error),
    });
    return { status: 503, body: { message: 'The queue did not take the events in time: try again.' } };
  }
  logOutcomes(log, outcomes, { ...counts, durationMs: clock.now() - receivedAt });
  return { status: 200, body: skippedCount > 0 ? { ...counts, skippedBecause: skipped } : counts };
}
