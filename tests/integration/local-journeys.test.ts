import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { until } from '../support/until.ts';

const FAST = { RATE_LIMIT_REQUESTS: '100000' };

const journeySchema = v.object({
  row: v.object({ state: v.string(), request: v.nullable(v.number()) }),
  steps: v.array(v.object({ title: v.string(), note: v.string() })),
  rule: v.string(),
  operations: v.array(
    v.object({
      method: v.string(),
      fields: v.array(v.object({ name: v.string(), value: v.string(), origin: v.string() })),
    }),
  ),
  advice: v.nullable(v.object({ means: v.string(), advice: v.string() })),
});

const firstEventSchema = v.object({ events: v.tuple([v.object({ id: v.string() })]) });

/** The journey of the one event that the relay has had. */
async function readJourney(relay: TestRelay) {
  const stop = new AbortController();
  const response = await fetch(`${relay.url}/local/console/stream`, { signal: stop.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('\n\n')) text += (await reader?.read())?.value ?? '';
  stop.abort();
  const [first = ''] = text.split('\n\n');
  const { events } = v.parse(firstEventSchema, JSON.parse(first.replace(/^data: /, '')));
  const journey = await fetch(`${relay.url}/local/console/journey?id=${events[0].id}`);
  return v.parse(journeySchema, await journey.json());
}

const fields = (count: number, value: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`field_${index}`, value]));

const track = (properties: object) => ({
  type: 'track',
  userId: '7',
  messageId: 'm',
  event: 'Order',
  properties,
});

test('an event without messageId is linked to its request all the same', async () => {
  const relay = await startTestRelay(FAST);
  await relay.postSigned({ type: 'track', userId: '7', event: 'Order' });
  await relay.drained();
  const { row, steps } = await readJourney(relay);
  expect(row).toEqual({ state: 'delivered', request: 1 });
  expect(steps.map(({ title }) => title)).toContain('request #1: accepted');
});

test('a long event is explained field by field, too', async () => {
  const relay = await startTestRelay(FAST);
  await relay.postSigned(track({ address: { city: 'Paris' }, ...fields(20, 'x'.repeat(4_000)) }));
  await relay.drained();
  const { operations } = await readJourney(relay);
  expect(operations.flatMap((operation) => operation.fields)).toContainEqual({
    name: 'params.address_city',
    value: 'Paris',
    origin: '← properties.address.city, flattened',
  });
});

test.each([
  ['has more fields than can be explained', track(fields(1_000, 'x')), /more than 200 fields/],
  ['is kept only in part', track({ text: 'x'.repeat(200_000) }), /[Oo]nly its beginning is kept/],
])('of an event that %s, it says so, and what explains the rest', async (_, event, expected) => {
  const relay = await startTestRelay(FAST);
  await relay.postSigned(event);
  await relay.drained();
  const { rule, operations, row } = await readJourney(relay);
  expect(row.state).toBe('delivered');
  expect(rule).toMatch(expected);
  expect(rule).toContain('npm run relay -- map --explain FILE');
  expect(operations).toEqual([]);
});

test('a dead letter says what its reason means, and what to do', async () => {
  const relay = await startTestRelay(FAST);
  await relay.postSigned({ type: 'track', userId: '7', messageId: 'm' });
  await until('it is a dead letter', async () => (await relay.state()).deadLettered === 1);
  expect((await readJourney(relay)).advice).toEqual({
    means: "the event lacks what Segment's spec requires",
    advice: expect.stringContaining('fix it at its source'),
  });
});
