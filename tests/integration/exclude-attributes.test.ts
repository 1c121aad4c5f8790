import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../../lib/runtime/json.ts';
import { startTestIngest } from '../support/ingest.ts';
import { receiveAll } from '../support/receive-all.ts';
import { startTestRelay } from '../support/relay.ts';

const CANARY = 'canary-9d1c';
const KEPT = 'kept-9d1c';
const env = {
  EXCLUDE_ATTRIBUTES: 'email,*token*',
  EXCLUDE_QUERY: 'sig*',
  CONTEXT_ATTRIBUTES: 'device,page.search',
  RATE_LIMIT_REQUESTS: '200000',
};

/** Beside each thing that is excluded, one of the same kind that is not. */
const attributes: JsonObject = {
  email: CANARY,
  Email: CANARY,
  mail: KEPT,
  apiToken: CANARY,
  user: { email: CANARY, name: KEPT },
  tokens: { first: CANARY, all: [CANARY] },
  items: [{ token: CANARY, sku: KEPT }],
  link: `https://x.test/?signature=${CANARY}&lang=${KEPT}`,
  payload: JSON.stringify({ email: CANARY, inner: JSON.stringify({ token: [CANARY], kept: KEPT }) }),
  python: `{'email': '${CANARY}', 'mail': '${KEPT}'}`,
};
const context: JsonObject = {
  traits: attributes,
  device: { token: CANARY, model: KEPT },
  page: { search: `?sig=${CANARY}&q=${KEPT}` },
};

const directory = new URL('../fixtures/events/', import.meta.url);
const real = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name): Json => parseJson(readFileSync(new URL(name, directory), 'utf8')))
  .filter(isJsonObject);

const extend = (value: Json | undefined, additions: JsonObject) => ({
  ...(isJsonObject(value) ? value : {}),
  ...additions,
});

const events = real.map((event) => ({
  ...event,
  email: CANARY,
  traits: extend(event['traits'], attributes),
  properties: extend(event['properties'], attributes),
  context: extend(event['context'], context),
}));

const arrays = Array.from({ length: Math.ceil(events.length / 100) }, (_, index) =>
  events.slice(index * 100, (index + 1) * 100),
);

/** What becomes a dead letter though it is no JSON, or no event. */
const broken = [
  `{"type":"track","userId":"u1","event":"Broken","properties":{"email":"${CANARY}","mail":"${KEPT}"`,
  `[[{"email":"${CANARY}","mail":"${KEPT}"}]]`,
  `{type:'track',userId:'u1',event:'Broken',properties:{email:'${CANARY}',mail:'${KEPT}'}}`,
  `{'type': 'track', 'properties': {'user_token': u'${CANARY} ${CANARY}', 'mail': '${KEPT}', 'a': None}}`,
  `{"type":"track","properties":{"payload":"{\\"email\\":\\"${CANARY}\\"}","mail":"${KEPT}"`,
  `email=${CANARY}&traits[api_token]=${CANARY}&mail=${KEPT}&sig=${CANARY}`,
];

describe('of 1,626 events, what is excluded', () => {
  test('is in neither queue, while what stands beside it is', async () => {
    expect(events).toHaveLength(1_626);
    const ingest = await startTestIngest({ env });
    for (const array of arrays) expect((await ingest.post(array)).status).toBe(200);
    for (const body of broken) expect((await ingest.post(body)).status).toBe(200);

    const queued = (await ingest.queued()).map(({ body }) => body);
    const deadLetters = await ingest.deadLetters();
    expect(queued.length).toBeGreaterThan(800);
    expect(deadLetters.length).toBeGreaterThan(700);
    for (const text of [...queued, ...deadLetters.map((message) => JSON.stringify(message))]) {
      expect(text).toContain(KEPT);
      expect(text).not.toContain(CANARY);
    }
  });

  test('is in no request, no dead letter and no line of the log', async () => {
    const relay = await startTestRelay(env);
    for (const array of arrays) expect((await relay.post('/segment', array)).status).toBe(200);
    const { operations } = await relay.drained();
    relay.fakeSalesmachine?.reject('mail');
    await relay.post('/segment', { ...events[0], type: 'track', userId: 'last', event: 'Rejected' });
    await relay.drained();
    const deadLetters = await receiveAll(relay.queues.connect(), relay.queues.deadLetters);
    expect(operations.length).toBeGreaterThan(800);
    expect(JSON.stringify(operations)).toContain(KEPT);
    expect(deadLetters.map(({ attributes }) => attributes['reason'])).toContain('rejected');
    for (const written of [operations, deadLetters, relay.lines])
      expect(JSON.stringify(written)).not.toContain(CANARY);
  });
});
