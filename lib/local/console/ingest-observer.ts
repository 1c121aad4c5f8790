import { AsyncLocalStorage } from 'node:async_hooks';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as v from 'valibot';
import { toHttpRequest } from '../../ingest/api-gateway.ts';
import { receiveEvents } from '../../ingest/receive-events.ts';
import { checkEvent } from '../../mapping/map-event.ts';
import type { MappingSettings } from '../../mapping/mapping-settings.ts';
import { decodeBody } from '../../segment/body.ts';
import { matchRoute } from '../../segment/route.ts';
import type { HttpFunction } from '../aws/local-api-gateway.ts';
import type { EventRing, Source } from './event-ring.ts';

/** The answer's duration is a moving mean of about so many requests. */
const SMOOTHING = 20;

/** What the ingest answers once it has taken a request. */
const answerSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ deadLettered: v.number(), skipped: v.number() }),
);

/** Watches the ingest: which request an event came with, which events were skipped, and how long answers take. */
export function createIngestObserver(events: EventRing, mapping: MappingSettings, now: () => number) {
  const current = new AsyncLocalStorage<Source>();
  let meanMs: number | null = null;
  let skippedCount = 0;
  let unusableCount = 0;

  const observe =
    (ingest: HttpFunction): HttpFunction =>
    (event, context) => {
      const { method, path, userAgent } = event.requestContext.http;
      const startedAt = now();
      const credential = describeCredential(event.headers);
      const source: Source = { route: `${method} ${path}`, userAgent, credential, events: 0 };
      return current.run(source, async () => {
        const response = await ingest(event, context);
        const durationMs = now() - startedAt;
        meanMs = meanMs === null ? durationMs : meanMs + (durationMs - meanMs) / SMOOTHING;
        const answer = v.safeParse(answerSchema, response.body);
        if (answer.success) {
          unusableCount += answer.output.deadLettered;
          if (answer.output.skipped > 0) addSkipped(event, source);
        }
        source.answer = { status: response.statusCode ?? 200, durationMs };
        return response;
      });
    };

  function addSkipped(event: APIGatewayProxyEventV2, source: Source): void {
    for (const { text, cause } of listSkipped(event, mapping)) {
      skippedCount += 1;
      const step = {
        at: now(),
        kind: 'skipped',
        title: `skipped: ${cause}`,
        note: '',
        tone: 'neutral',
      } as const;
      const skipped = { id: `skipped-${skippedCount}`, cameAt: now(), body: text, source };
      events.add(skipped, { state: 'skipped', detail: cause, step });
    }
  }

  return {
    observe,
    currentSource: () => current.getStore(),
    meanMs: () => meanMs,
    unusableCount: () => unusableCount,
  };
}

/** What kind of credential a request presents; never the credential itself. */
function describeCredential(headers: Readonly<Record<string, string | undefined>>): string {
  if (headers['x-signature'] ?? headers['x-segment-signature']) return 'signed';
  return headers['authorization'] ? 'with a token' : 'without a credential';
}

/** The ingest only counts what it skips: the request is split again, by the same functions, to show it. */
function listSkipped(event: APIGatewayProxyEventV2, mapping: MappingSettings) {
  const request = toHttpRequest(event);
  const match = matchRoute(request.method, request.path);
  const body = decodeBody(request.headers, request.body);
  if (match.kind !== 'route' || body.kind !== 'decoded') return [];
  return (receiveEvents(body.bytes, match.route, mapping) ?? []).flatMap((received) => {
    if (received.kind === 'unparseable') return [];
    const checked = checkEvent(received.source, mapping);
    return checked.kind === 'skipped' ? [{ text: received.text, cause: checked.cause }] : [];
  });
}
