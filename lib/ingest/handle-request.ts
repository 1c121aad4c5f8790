import { type CheckedEvent, checkEvent } from '../mapping/map-event.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { Clock } from '../runtime/clock.ts';
import { getInvocation } from '../runtime/invocation-context.ts';
import type { Json } from '../runtime/json.ts';
import type { Random } from '../runtime/random.ts';
import type { Refreshable } from '../runtime/refreshable.ts';
import { readCredentials } from '../segment/authenticate.ts';
import { type Body, decodeBody, MAX_UNAUTHENTICATED_BYTES } from '../segment/body.ts';
import { parseEvent } from '../segment/event.ts';
import type { HttpRequest } from '../segment/http-request.ts';
import { matchRoute, type Route } from '../segment/route.ts';
import { parseTraceHeader } from '../sqs/message.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import { errorFields, unexpectedErrorFields } from '../telemetry/error-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { authorize } from './authorize.ts';
import { enqueue } from './enqueue.ts';
import { type HttpResponse, toErrorResponse } from './http-response.ts';
import { collectMessageIds, countEvents, logEvents } from './ingest-log.ts';
import type { IngestSettings } from './ingest-settings.ts';
import { MAX_EVENTS, receiveEvents } from './receive-events.ts';
import { type TriageContext, type TriagedEvent, triageEvents, triageUndecodable } from './triage.ts';

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
  const match = matchRoute(request.method, request.path);
  switch (match.kind) {
    case 'route':
      return ingest(request, match.route, dependencies);
    case 'health':
      return { status: 200, body: { status: 'ok' } };
    case 'wrong_method':
      return {
        ...toErrorResponse(405, 'method_not_allowed', `Use ${match.allow} here.`),
        headers: { allow: match.allow },
      };
    case 'unknown_path':
      return toErrorResponse(
        404,
        'not_found',
        'Nothing is here: send events to /segment, or to /v1/ with an SDK.',
      );
  }
}

async function ingest(
  request: HttpRequest,
  route: Route,
  dependencies: IngestDependencies,
): Promise<HttpResponse> {
  const { config, clock, random, log } = dependencies;
  const receivedAt = clock.now();
  const preview = decodeBody(request.headers, request.body, MAX_UNAUTHENTICATED_BYTES);
  const json = preview.kind === 'decoded' ? preview.bytes : undefined;
  const presented = readCredentials(request, json, route);
  const authentication = await authorize(presented, request, json, receivedAt, dependencies);
  if (authentication.kind === 'refused') {
    const { cause, status, message } = authentication;
    log.warn('authentication failed', { cause, status });
    return toErrorResponse(status, cause, message);
  }

  const isTooLarge = preview.kind === 'undecodable' && preview.reason === 'too_large';
  const body = isTooLarge ? decodeBody(request.headers, request.body) : preview;
  const context: TriageContext = {
    checkEvent: (source) => checkOrPassOn(source, dependencies),
    sender: {
      route: route.path,
      userAgent: request.headers['user-agent'],
      credential: authentication.credential,
      requestId: getInvocation().requestId,
    },
    presentedTokens: presented.tokens,
    now: receivedAt,
    acceptedAt: new Date(receivedAt).toISOString(),
    traceHeader: parseTraceHeader(request.headers['x-amzn-trace-id']),
    random,
  };
  const events = triage(request, body, route, context, config.mapping);
  if (events === undefined) {
    const { credential } = authentication;
    log.warn('request rejected', { path: route.path, credential, cause: 'too_many_events', status: 413 });
    return toErrorResponse(413, 'too_many_events', `A request may have ${MAX_EVENTS} events at most.`);
  }
  try {
    const outcomes = await enqueue(events, context, config, dependencies);
    logEvents(log, outcomes, context.sender, clock.now() - receivedAt);
    return { status: 200, body: countEvents(outcomes) };
  } catch (error) {
    const { accepted, deadLettered, skipped } = countEvents(events);
    const messageIds = collectMessageIds(events);
    log.error('events not queued', { accepted, deadLettered, skipped, messageIds, ...errorFields(error) });
    return toErrorResponse(503, 'not_queued', 'The queue did not take the events in time: try again.');
  }
}

/** What becomes of the events; undefined if there are too many. */
function triage(
  request: HttpRequest,
  body: Body,
  route: Route,
  context: TriageContext,
  mapping: MappingSettings,
): TriagedEvent[] | undefined {
  if (body.kind !== 'decoded') return [triageUndecodable(request.body, body, context)];
  const received = receiveEvents(body.bytes, route, mapping);
  return received && triageEvents(received, context);
}

/** If the mapping throws, which is a bug of ours, the event is queued: the worker decides what becomes of it. */
function checkOrPassOn(source: Json, { config, log }: IngestDependencies): CheckedEvent {
  try {
    return checkEvent(source, config.mapping);
  } catch (error) {
    log.error('event not mapped', unexpectedErrorFields(error));
    return parseEvent(source);
  }
}
