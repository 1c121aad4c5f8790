import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LocalStatus } from '../../lib/local/api-schema.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { until } from '../support/until.ts';

type Request = { path: string | undefined; operations: readonly Operation[] };
type Verdict = { status: number; body: string; type?: string } | undefined;

const servers: (() => void)[] = [];

afterEach(() => {
  for (const close of servers.splice(0)) close();
});

/** A Salesmachine of the test's own, which judges each request; what it does not judge, it accepts. */
async function startSalesmachine(judge: (request: Request) => Verdict) {
  const accepted: Operation[] = [];
  let batches = 0;
  const server = createServer(async (request, response) => {
    const body = await json(request);
    const operations: Operation[] = Array.isArray(body) ? body : [];
    if (request.url === '/v1/batch') batches += 1;
    const verdict = judge({ path: request.url, operations });
    if (verdict === undefined) accepted.push(...operations);
    const { status, body: text, type = 'application/json' } = verdict ?? { status: 201, body: '{}' };
    response.writeHead(status, { 'content-type': type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const eventsOf = (contact: string) =>
    accepted.flatMap((operation) =>
      operation.method === 'event' && operation.contact_uid === contact ? operation.event_uid : [],
    );
  return { url: `http://127.0.0.1:${port}`, accepted, batches: () => batches, eventsOf };
}

/** A relay with some 150 slots a second in each of its lanes. */
const startRelayFor = ({ url }: { url: string }) =>
  startTestRelay({
    SALESMACHINE_URL: url,
    SALESMACHINE_API_TOKEN: 'api-token',
    SALESMACHINE_API_SECRET: 'api-secret',
    RATE_LIMIT_REQUESTS: '900',
    RATE_LIMIT_WINDOW_SECONDS: '3',
  });

const postEvents = async (
  relay: TestRelay,
  from: number,
  to: number,
  url = () => 'https://shop.example.com',
) => {
  for (let number = from; number < to; number += 1) {
    const event = {
      type: 'track',
      userId: `u${number % 10}`,
      event: `Step ${number}`,
      messageId: `m${number}`,
    };
    const response = await relay.postSigned({ ...event, properties: { number, url: url() } });
    expect(response.status).toBe(200);
  }
};

const readStatus = async (relay: TestRelay): Promise<LocalStatus['delivery']> => {
  const response = await fetch(`${relay.url}/local/status`);
  const status: LocalStatus = JSON.parse(await response.text());
  return status.delivery;
};

const isOutOfOrder = (names: readonly string[]) =>
  names.some((name, index) => Number(name.slice(5)) < Number(names[index - 1]?.slice(5) ?? -1));

const PAGE = '<html><h1>Forbidden</h1></html>';

describe('a firewall that refuses one event for its content', () => {
  test.each([403, 406])('with %i stops no other event', async (status) => {
    const isAttack = ({ operations }: Request) => JSON.stringify(operations).includes('<script');
    const salesmachine = await startSalesmachine((request) =>
      isAttack(request) ? { status, body: PAGE, type: 'text/html' } : undefined,
    );
    const relay = await startRelayFor(salesmachine);
    await postEvents(relay, 0, 20);
    const bad = { type: 'track', userId: 'bad', event: 'Searched', properties: { q: '<script>' } };
    await relay.postSigned(bad);
    await postEvents(relay, 20, 60);
    await until('all others are delivered', () => salesmachine.accepted.length === 60);
    await until('the bad one is kept', async () => (await readStatus(relay))?.retrying?.messages === 1);

    expect(await relay.state()).toMatchObject({ delivered: 60, deadLettered: 0 });
    expect(await readStatus(relay)).toMatchObject({ state: 'closed', cause: null });
    for (let user = 0; user < 10; user += 1)
      expect(isOutOfOrder(salesmachine.eventsOf(`u${user}`))).toBe(false);
  });

  test('does not keep its neighbours in a quiet batch', async () => {
    const salesmachine = await startSalesmachine(({ operations }) =>
      JSON.stringify(operations).includes('<script')
        ? { status: 403, body: PAGE, type: 'text/html' }
        : undefined,
    );
    const relay = await startRelayFor(salesmachine);
    const events = ['good-1', '<script>', 'good-2'].map((q, index) => ({
      type: 'track',
      userId: `u${index}`,
      event: 'Searched',
      properties: { q },
    }));
    await relay.postSigned(events);
    await until('its neighbours are delivered', async () => (await relay.state()).delivered === 2);
    expect(await relay.state()).toMatchObject({ delivered: 2, deadLettered: 0 });
  });
});

test('an API that refuses everything costs five events a lane, and all others arrive in order once it is fixed', async () => {
  let isBroken = true;
  const body = '{"message":"source_id is required"}';
  const salesmachine = await startSalesmachine(({ path }) =>
    isBroken && path !== '/v1/ping' ? { status: 422, body } : undefined,
  );
  const relay = await startRelayFor(salesmachine);
  await postEvents(relay, 0, 60);
  await until('delivery is paused', async () => (await readStatus(relay))?.cause === 'configuration');
  expect(await readStatus(relay)).toMatchObject({
    status: 422,
    text: 'Salesmachine answered 422: source_id is required',
  });
  const { deadLettered } = await relay.state();
  expect(deadLettered).toBeLessThanOrEqual(10);

  isBroken = false;
  await until(
    'all others are delivered',
    async () => salesmachine.accepted.length + (await relay.state()).deadLettered === 60,
  );
  expect((await relay.state()).deadLettered).toBeLessThanOrEqual(10);
  for (let user = 0; user < 10; user += 1)
    expect(isOutOfOrder(salesmachine.eventsOf(`u${user}`))).toBe(false);
});

test('an outage of batches alone costs few requests, though every ping passes, and no event', async () => {
  let isDown = true;
  const salesmachine = await startSalesmachine(({ path }) =>
    isDown && path !== '/v1/ping' ? { status: 500, body: '{"error":"oops"}' } : undefined,
  );
  const relay = await startRelayFor(salesmachine);
  await postEvents(relay, 0, 30);
  await until('delivery is paused', async () => (await readStatus(relay))?.cause === 'outage');
  await postEvents(relay, 30, 60);
  expect(await readStatus(relay)).toMatchObject({ status: 500, text: 'Salesmachine answered 500: oops' });
  expect(salesmachine.batches()).toBeLessThanOrEqual(40);

  isDown = false;
  await until('all is delivered', () => salesmachine.accepted.length === 60);
  expect(await relay.state()).toMatchObject({ deadLettered: 0 });
  for (let user = 0; user < 10; user += 1)
    expect(isOutOfOrder(salesmachine.eventsOf(`u${user}`))).toBe(false);
});
