import type { IngestConfig } from '../config/config.ts';
import type { Source } from '../config/secrets.ts';
import { skipCause } from '../mapping/map-event.ts';
import { type Clock, type Random, within } from '../runtime/clock.ts';
import { type Body, decodeBody } from '../segment/body.ts';
import { type Route, routeOf } from '../segment/route.ts';
import { eventsOf, type HttpRequest } from '../segment/split-request.ts';
import { sendAll } from '../sqs/send-messages.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import type { Log } from '../telemetry/log.ts';
import { admit } from './authorize.ts';
import { idsOf, logQueued } from './ingest-log.ts';
import { type Intake, intakeOf, intakeOfUndecodable } from './triage.ts';

/** Segment gives up on an answer after 5 s, and would then send again what is queued already. */
export const DEADLINE_MS = 4_000;

export type HttpAnswer = { status: number; headers?: Record<string, string>; body: object };

/** What the ingest works with. */
export type IngestPorts = {
  config: IngestConfig;
  /** Where the credentials can change: instead of the configuration's. */
  credentials?: Source<IngestConfig['credentials']>;
  sqs: Sqs;
  clock: Clock;
  random: Random;
  log: Log;
};

/** Takes one request in: its answer is 2xx only once every event of it is safe in a queue. */
export async function answerRequest(request: HttpRequest, ports: IngestPorts): Promise<HttpAnswer> {
  if (request.path === '/health') return { status: 200, body: { status: 'ok' } };
  const match = routeOf(request.method, request.path);
  if (match.kind === 'unknown_path') {
    return {
      status: 404,
      body: { message: 'Nothing is here: send events to /segment, or to /v1/ with an SDK.' },
    };
  }
  if (match.kind === 'wrong_method') {
    return { status: 405, headers: { allow: match.allow }, body: { message: `Use ${match.allow} here.` } };
  }

  const { clock, log } = ports;
  const cameAt = clock.now();
  const body = await decodeBody(request.headers, request.body);
  const json = body.kind === 'decoded' ? body.bytes : undefined;
  const authentication = await admit(request, json, match.route, cameAt, ports);
  if (authentication.kind === 'refused') {
    const { cause, status, message } = authentication;
    log.warn('request refused', { cause, status });
    return { status, body: { message } };
  }
  return queueAll(takeIn(request, body, match.route, ports), cameAt, ports);
}

function takeIn(
  request: HttpRequest,
  body: Body,
  route: Route,
  { config, clock, random }: IngestPorts,
): Intake {
  const terms = {
    skipCause: (event: Parameters<typeof skipCause>[0]) => skipCause(event, config.mapping),
    now: clock.now(),
    trace: request.headers['x-amzn-trace-id'],
    random,
  };
  return body.kind === 'decoded'
    ? intakeOf(eventsOf(body.bytes, route), terms)
    : intakeOfUndecodable(request.body, body, terms);
}

async function queueAll(
  { accepted, deadLetters, skipped, fates }: Intake,
  cameAt: number,
  ports: IngestPorts,
): Promise<HttpAnswer> {
  const { config, log, clock } = ports;
  const skippedCount = Object.values(skipped).reduce((sum, count) => sum + count, 0);
  const counts = { accepted: accepted.length, deadLettered: deadLetters.length, skipped: skippedCount };
  try {
    await within(clock, cameAt + DEADLINE_MS - clock.now(), async (signal) => {
      // Both are awaited even if one fails: nothing may be sent once the answer is out.
      const results = await Promise.allSettled([
        sendAll(accepted, { ...ports, queueUrl: config.queueUrl }, signal),
        sendAll(deadLetters, { ...ports, queueUrl: config.deadLetterQueueUrl }, signal),
      ]);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    });
  } catch (error) {
    log.error('events were not queued', {
      ...counts,
      messageIds: idsOf(fates),
      error: error instanceof Error ? error.name : 'unknown',
    });
    return { status: 503, body: { message: 'The queue did not take the events in time: try again.' } };
  }
  logQueued(log, fates, { ...counts, durationMs: clock.now() - cameAt });
  return { status: 200, body: skippedCount > 0 ? { ...counts, skippedBecause: skipped } : counts };
}
