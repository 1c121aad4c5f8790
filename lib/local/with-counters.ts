import * as v from 'valibot';
import type { Clock } from '../runtime/clock.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import type { HttpFunction } from './aws/local-api-gateway.ts';

export type EventCounts = { accepted: number; skipped: number };

/** `throttled`: the answers of 429. */
export type RequestCounts = { requests: number; throttled: number };

/** What the ingest answers once it has taken a request. */
const ingestResponseSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ accepted: v.number(), skipped: v.number() }),
);

/** The same ingest, counting the events that its answers report. */
export function withEventCounter(ingest: HttpFunction) {
  let accepted = 0;
  let skipped = 0;
  const invoke: HttpFunction = async (event, context) => {
    const response = await ingest(event, context);
    const result = v.safeParse(ingestResponseSchema, response.body);
    if (result.success) {
      accepted += result.output.accepted;
      skipped += result.output.skipped;
    }
    return response;
  };
  return { invoke, counts: () => ({ accepted, skipped }) };
}

/** The same Salesmachine, counting requests and answers of 429, and timing the answers. */
export function withRequestCounter(salesmachine: Salesmachine, clock: Pick<Clock, 'now'>) {
  let requests = 0;
  let throttled = 0;
  let lastRequestMs: number | null = null;
  const post: Salesmachine['post'] = async (path, json, signal) => {
    requests += 1;
    const startedAt = clock.now();
    const result = await salesmachine.post(path, json, signal);
    if (result.kind === 'response') lastRequestMs = clock.now() - startedAt;
    if (result.kind === 'response' && result.status === 429) throttled += 1;
    return result;
  };
  return {
    ...salesmachine,
    post,
    counts: () => ({ requests, throttled }),
    lastRequestMs: () => lastRequestMs,
  };
}
