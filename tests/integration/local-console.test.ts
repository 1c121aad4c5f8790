import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import { createAcceleratedClock } from '../support/accelerated-clock.ts';
import { SHARED_SECRET, startTestRelay, type TestRelay, TOKEN } from '../support/relay.ts';
import { until } from '../support/until.ts';

const FAST = { RATE_LIMIT_REQUESTS: '100000' };

const snapshotSchema = v.object({
  counts: v.object({ accepted: v.number(), delivered: v.number() }),
  unusable: v.number(),
  faults: v.array(v.unknown()),
  events: v.array(v.object({ id: v.string(), name: v.string(), state: v.string(), detail: v.string() })),
});

type Snapshot = v.InferOutput<typeof snapshotSchema>;

/** Reads the page's stream until a snapshot is as it should be. */
async function readStream(relay: TestRelay, isWanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  const stop = new AbortController();
  const response = await fetch(`${relay.url}/local/console/stream`, { signal: stop.signal });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const [message, ...rest] = text.split('\n\n');
    if (rest.length === 0 || message === undefined) continue;
    text = rest.join('\n\n');
    const snapshot = v.parse(snapshotSchema, JSON.parse(message.replace(/^data: /, '')));
    if (!isWanted(snapshot)) continue;
    stop.abort();
    return snapshot;
  }
  throw new Error('The stream has ended.');
}

const causesSchema = v.object({ causes: v.tuple([v.object({ reason: v.string(), detail: v.string() })]) });

const stepsSchema = v.object({ steps: v.array(v.object({ kind: v.string(), title: v.string() })) });

async function readSteps(relay: TestRelay, id: string): Promise<string[]> {
  const response = await fetch(`${relay.url}/local/console/journey?id=${encodeURIComponent(id)}`);
  return v.parse(stepsSchema, await response.json()).steps.map(({ kind }) => kind);
}

const track = (messageId: string, properties: object = {}) => ({
  type: 'track',
  userId: '7',
  messageId,
  event: messageId,
  properties,
});

test('the first snapshot has all events: those that were delivered, skipped, or unusable from the start', async () => {
  const relay = await startTestRelay(FAST);
  await relay.postSigned([
    track('good'),
    { type: 'screen', userId: '7', name: 'skipped' },
    { type: 'track', userId: '7' },
  ]);
  await relay.drained();
  const { events, unusable } = await readStream(relay, ({ counts }) => counts.delivered === 1);
  expect(events.map(({ name, state, detail }) => [name, state, detail]).sort()).toEqual([
    ['', 'deadLetter', 'invalid_event'],
    ['good', 'delivered', ''],
    ['skipped', 'skipped', 'screen'],
  ]);
  expect(unusable).toBe(1);
});

test('the stream tells of a fault as soon as it is set', async () => {
  const relay = await startTestRelay(FAST);
  const isBroken = readStream(relay, ({ faults }) => faults.length === 1);
  await relay.post('/local/salesmachine/faults', { fault: 'down' });
  expect((await isBroken).faults).toEqual([{ fault: 'down', on: 'everything', share: 1 }]);
});

test("a dead letter's journey goes on when it is replayed", async () => {
  const relay = await startTestRelay(FAST);
  await relay.post('/local/salesmachine/faults', { fault: 'reject', attribute: 'coupon' });
  await relay.postSigned([track('bad', { coupon: 'x' }), track('good')]);
  await until('it is a dead letter', async () => (await relay.state()).deadLettered === 1);
  const { events } = await readStream(relay, (snapshot) => snapshot.events.length === 2);
  const bad = events.find(({ name }) => name === 'bad')?.id ?? '';

  await relay.post('/local/salesmachine/faults', []);
  const cause = {
    reason: 'rejected',
    detail: 'Salesmachine answered 400: Item 0: the attribute coupon is refused.',
  };
  const response = await relay.post('/local/console/dead-letters/replay', cause);
  expect(await response.json()).toEqual({ ok: true, lines: ['1 replayed.'] });
  await until('it is delivered', async () => (await relay.state()).delivered === 2);

  const steps = await readSteps(relay, bad);
  expect(steps.slice(0, 3)).toEqual(['came', 'queued', 'received']);
  expect(steps.filter((kind) => kind !== 'request').slice(-4)).toEqual([
    'deadLetter',
    'replayed',
    'received',
    'delivered',
  ]);
});

/** The one cause of the dead letters that are there, as the page names it. */
async function readCause(relay: TestRelay) {
  const response = await fetch(`${relay.url}/local/console/dead-letters`);
  const [{ reason, detail }] = v.parse(causesSchema, await response.json()).causes;
  return { reason, detail };
}

test('a canary from the page is five dead letters, and not well if they come back', async () => {
  const relay = await startTestRelay(FAST);
  await relay.postSigned(Array.from({ length: 7 }, (_, user) => ({ type: 'track', userId: `${user}` })));
  const cause = await readCause(relay);
  const response = await relay.post('/local/console/dead-letters/canary', cause);
  expect(await response.json()).toEqual({
    ok: false,
    lines: [
      '5 dead letters replayed first; waiting for what becomes of them.',
      `5 came back: invalid_event: ${cause.detail}. Nothing more was replayed.`,
    ],
  });
  expect(await relay.state()).toMatchObject({ deadLettered: 7 });
});

test('a replay from the page that the queue does not confirm is not well', async () => {
  const clock = createAcceleratedClock();
  const relay = await startTestRelay(FAST, { clock });
  await relay.postSigned({ type: 'track', userId: '7' });
  const cause = await readCause(relay);
  await relay.queues.connect().send(new DeleteQueueCommand({ QueueUrl: relay.queues.main.url }));
  clock.accelerate(100);
  const response = await relay.post('/local/console/dead-letters/replay', cause);
  expect(await response.json()).toEqual({
    ok: false,
    lines: ['0 replayed.', '1 were not confirmed: replay again within 5 minutes.'],
  });
});

test.each([
  ['/local/console/send', { sample: 'gremlins' }],
  ['/local/console/send', { sample: 'burst', count: 1e9 }],
  ['/local/console/send', 'no JSON'],
  ['/local/console/dead-letters/replay', { reason: 'gremlins', detail: '' }],
  ['/local/console/dead-letters/dry-run', {}],
])('%s answers %j with 400, and does nothing', async (path, body) => {
  const relay = await startTestRelay(FAST);
  expect((await relay.post(path, body)).status).toBe(400);
  expect(await relay.state()).toMatchObject({ accepted: 0, requests: 0 });
});

test('what is pasted into the page is sent and counted, and what cannot be read is said', async () => {
  const relay = await startTestRelay(FAST);
  const send = async (text: string): Promise<unknown> =>
    (await relay.post('/local/console/send', { text }, {})).json();
  const screens = [1, 2].map((user) => ({ type: 'screen', userId: `${user}`, name: 'Home' }));
  const events = [track('good'), { type: 'track', userId: '7' }, ...screens];
  expect(await send(JSON.stringify(events))).toEqual({
    accepted: 1,
    deadLettered: 1,
    skipped: 2,
    error: null,
  });
  expect(await send('{"type":')).toMatchObject({ accepted: 0, error: expect.stringMatching(/JSON/) });
});

test('the page is told the credentials that were made up, and no configured one', async () => {
  const read = async (relay: TestRelay): Promise<unknown> =>
    (await fetch(`${relay.url}/local/console/source`)).json();
  const configured = await startTestRelay();
  expect(await read(configured)).toEqual({
    url: `${configured.url}/segment`,
    sharedSecret: null,
    token: null,
  });
  const open = await startTestRelay({ SEGMENT_SHARED_SECRETS: '', INGEST_TOKENS: '' });
  expect(await read(open)).toMatchObject({ sharedSecret: 'made-up', token: 'made-up' });
});

test('dead letters are exported as the command line exports them, with the event as it came', async () => {
  const relay = await startTestRelay(FAST);
  await relay.postSigned({ type: 'track', userId: '7', messageId: 'm1' });
  const response = await fetch(
    `${relay.url}/local/console/dead-letters/export?reason=invalid_event&detail=nothing`,
  );
  expect(await response.text()).toBe('');
  const download = await fetch(`${relay.url}/local/console/dead-letters/export`);
  expect(download.headers.get('content-disposition')).toBe('attachment; filename="dead-letters.ndjson"');
  const all = await download.text();
  expect(JSON.parse(all)).toMatchObject({ reason: 'invalid_event', encoding: 'text' });
  expect(JSON.parse(JSON.parse(all).body)).toEqual({ type: 'track', userId: '7', messageId: 'm1' });
});

test('the page, its script and its style are served; the script is built without a configured secret', async () => {
  const relay = await startTestRelay(FAST);
  const read = async (path: string) => {
    const response = await fetch(`${relay.url}${path}`);
    return [response.status, response.headers.get('content-type'), await response.text()] as const;
  };
  const [status, type, html] = await read('/');
  expect([status, type]).toEqual([200, 'text/html; charset=utf-8']);
  const paths = [...html.matchAll(/"(\/local\/console\/app\.\w+)"/g)].map(([, path = '']) => path);
  expect(paths).toEqual(['/local/console/app.css', '/local/console/app.js']);
  for (const path of paths) {
    const [assetStatus, , content] = await read(path);
    expect(assetStatus).toBe(200);
    expect(content.length).toBeGreaterThan(1_000);
    expect([SHARED_SECRET, TOKEN].filter((secret) => content.includes(secret))).toEqual([]);
  }
});
