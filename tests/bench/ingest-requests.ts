import { readdirSync, readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { checkEvent } from '../../lib/mapping/map-event.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/runtime/json.ts';
import { sign } from '../../lib/segment/signature.ts';
import { createHttpEvent } from '../support/http-event.ts';
import { DEFAULT_MAPPING } from '../support/mapping-settings.ts';

const fixtures = new URL('../fixtures/events/', import.meta.url);

/** The local SQS refuses these, and a plain function does not escape them. */
const SURROGATES = /[\uD800-\uDFFF]/;

/** The fixtures' events that the ingest queues, and that a plain function can queue too, in their order. */
export function readQueuedEvents(): JsonObject[] {
  return readdirSync(fixtures)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name): Json[] => JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')))
    .filter(isJsonObject)
    .filter((event) => checkEvent(event, DEFAULT_MAPPING).kind === 'event')
    .filter((event) => !SURROGATES.test(JSON.stringify(event)));
}

/** So many events, the corpus again and again, none like another: SQS recognises an event that it has had. */
export function* generateEvents(corpus: readonly JsonObject[]): Generator<JsonObject> {
  for (let number = 0; ; number += 1)
    yield { ...corpus[number % corpus.length], messageId: `message ${number}` };
}

/** A webhook, signed over its whole body, as API Gateway passes it on. */
export const toHttpEvent = (body: string, secret: string): APIGatewayProxyEventV2 =>
  createHttpEvent(body, { 'content-type': 'application/json', 'x-signature': sign(body, secret) });
