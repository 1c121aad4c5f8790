import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import { mapEvent } from '../../../lib/mapping/map-event.ts';
import { parseJson } from '../../../lib/runtime/json.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';
import { SHARED_SECRET, startTestRelay, TOKEN } from '../../support/relay.ts';
import { senderEvents } from '../../support/sender-events.ts';

const recordingsSchema = v.array(
  v.object({
    destination: v.string(),
    method: v.string(),
    batch: v.boolean(),
    events: v.number(),
    headers: v.record(v.string(), v.string()),
    bytes: v.number(),
    sha256: v.string(),
    body: v.optional(v.string()),
  }),
);

type Recording = v.InferOutput<typeof recordingsSchema>[number];

const file = new URL('../../fixtures/senders/segment-action-destinations-3.497.0.json', import.meta.url);
const recordings = v.parse(recordingsSchema, JSON.parse(readFileSync(file, 'utf8')));

/** The recorded body, to the byte. */
function bodyOf({ destination, batch, events, sha256, bytes, body }: Recording): string {
  const sent = senderEvents(events);
  const elements = destination === 'webhook' ? sent : sent.map((json) => ({ json }));
  const built = JSON.stringify(batch ? elements : sent[0]);
  expect({ bytes: Buffer.byteLength(built), sha256: hash('sha256', built) }).toEqual({ bytes, sha256 });
  if (body !== undefined) expect(built).toBe(body);
  return built;
}

/** What the events become, each in a request of its own. */
function operationsOf(events: number): unknown[] {
  return senderEvents(events).flatMap((event) => {
    const mapped = mapEvent(parseJson(JSON.stringify(event)), DEFAULT_MAPPING);
    return mapped.kind === 'operations' ? mapped.operations : [];
  });
}

const inFixedOrder = (operations: readonly unknown[]) =>
  operations.map((operation) => JSON.stringify(operation)).sort();

const describeRecording = ({ destination, method, batch, events }: Recording) =>
  `${destination} by ${method}, ${batch ? `a batch of ${events}` : 'one event'}`;

test.each(recordings.map((recording) => [describeRecording(recording), recording] as const))(
  "Segment's %s is accepted, and equal at Salesmachine",
  async (_, recording) => {
    const env = {
      SEGMENT_SHARED_SECRETS: SHARED_SECRET,
      INGEST_TOKENS: TOKEN,
      RATE_LIMIT_REQUESTS: '200000',
    };
    const relay = await startTestRelay(env);
    const { method, headers, events } = recording;
    const response = await fetch(`${relay.url}/segment`, { method, headers, body: bodyOf(recording) });
    expect(await response.json()).toEqual({ accepted: events, deadLettered: 0, skipped: 0 });
    expect(response.status).toBe(200);
    const { operations } = await relay.drained();
    expect(inFixedOrder(operations)).toEqual(inFixedOrder(operationsOf(events)));
  },
);

test('every destination, method and size was recorded', () => {
  expect(recordings).toHaveLength(45);
  expect(new Set(recordings.map(({ destination }) => destination)).size).toBe(3);
  for (const count of [1, 2, 100, 1_000])
    for (const method of ['POST', 'PUT', 'PATCH'])
      expect(
        recordings.filter((one) => one.method === method && one.events === count && one.batch),
      ).toHaveLength(3);
});
