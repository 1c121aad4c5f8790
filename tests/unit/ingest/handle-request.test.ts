import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readIngestSettings } from '../../../lib/config/config.ts';
import { handleRequest } from '../../../lib/ingest/handle-request.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import type { HttpRequest } from '../../../lib/segment/http-request.ts';
import { type EntryResult, fakeSqs } from '../../support/fake-sqs.ts';
import { recordingLog } from '../../support/log.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const TOKEN = { authorization: 'Bearer the-token' };
const PII_MARKER = 'anna@example.com';

const track = (userId: string): JsonObject => ({
  type: 'track',
  messageId: `m-${userId}`,
  userId,
  event: 'Clicked',
});
const identify: JsonObject = { type: 'identify', userId: 'u9', traits: { email: PII_MARKER } };

type Options = {
  resultFor?: (body: string) => EntryResult;
  env?: Record<string, string>;
  latencyMs?: number;
};

async function handle(request: Partial<HttpRequest>, { resultFor, env = {}, latencyMs = 10 }: Options = {}) {
  const time = createVirtualTime();
  const startedAt = time.now();
  const log = recordingLog();
  const sqs = fakeSqs(time, { latencyMs, ...(resultFor && { resultFor }) });
  const config = readIngestSettings({
    QUEUE_URL: 'main',
    DEAD_LETTER_QUEUE_URL: 'dead',
    INGEST_TOKENS: 'the-token',
    ...env,
  });
  const ports = { config, sqs, clock: time, random: seededRandom(1), log };
  const fullRequest = { method: 'POST', path: '/segment', headers: TOKEN, body: Buffer.alloc(0), ...request };
  const pending = handleRequest(fullRequest, ports);
  let isAnswered = false;
  void pending.finally(() => {
    isAnswered = true;
  });
  // What is compressed takes a turn of the real event loop.
  while (!isAnswered) {
    await time.run();
    await setImmediate();
  }
  const response = await pending;
  return { response, sqs, log, tookMs: time.now() - startedAt };
}

const post = (body: unknown, options?: Options, headers: HttpRequest['headers'] = TOKEN) =>
  handle({ body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers }, options);

const deadLettersIn = (sends: Awaited<ReturnType<typeof handle>>['sqs']['sends']) =>
  sends
    .flat()
    .filter(({ MessageAttributes }) => MessageAttributes?.['reason'])
    .map(({ MessageBody: body, MessageAttributes = {} }) => ({
      body,
      attributes: Object.fromEntries(
        Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
      ),
    }));

const reasonsOf = (sends: Awaited<ReturnType<typeof handle>>['sqs']['sends']) =>
  sends.flat().flatMap(({ MessageAttributes }) => MessageAttributes?.['reason']?.StringValue ?? []);

describe('a request is answered 200', () => {
  test('once every event is in the queue, and says how many', async () => {
    const { response, sqs, tookMs } = await post([track('u1'), track('u2')]);
    expect(response).toEqual({ status: 200, body: { accepted: 2, deadLettered: 0, skipped: 0 } });
    expect(sqs.accepted).toEqual([track('u1'), track('u2')].map((event) => JSON.stringify(event)));
    expect(tookMs).toBeGreaterThanOrEqual(10);
  });

  test('though some events cannot be used: these are dead letters, and their neighbours go on', async () => {
    const body = `[${JSON.stringify(track('u1'))},{"type":"track"},{oops},${JSON.stringify(track('u2'))},7]`;
    const { response, sqs } = await post(body);
    expect(response).toEqual({
      status: 200,
      body: {
        accepted: 2,
        deadLettered: 3,
        skipped: 0,
        deadLetteredBecause: { invalid_event: 2, unparseable: 1 },
      },
    });
    expect(reasonsOf(sqs.sends).toSorted()).toEqual(['invalid_event', 'invalid_event', 'unparseable']);
    expect(sqs.accepted).toEqual(
      expect.arrayContaining([JSON.stringify(track('u1')), JSON.stringify(track('u2'))]),
    );
  });

  test('though some events are not meant for Salesmachine: these are counted by cause', async () => {
    const events = [
      track('u1'),
      { type: 'screen', userId: 'u1' },
      { type: 'screen', userId: 'u2' },
      { ...track('u1'), integrations: { Salesmachine: false } },
      { type: 'alias', userId: 'u1', previousId: 'u0' },
      { type: 'identify', anonymousId: 'a1' },
    ];
    const { response, sqs } = await post(events, { env: { ALIAS: 'off', ANONYMOUS_CONTACTS: 'skip' } });
    expect(response.body).toEqual({
      accepted: 1,
      deadLettered: 0,
      skipped: 5,
      skippedBecause: { screen: 2, integrations: 1, alias_off: 1, anonymous: 1 },
    });
    expect(sqs.accepted).toHaveLength(1);
  });

  test('with as many events as a request may have, which is far more than a sender of Segment has', async () => {
    const { response, sqs } = await post(Array.from({ length: 10_000 }, (_, index) => track(`u${index}`)));
    expect(response).toMatchObject({ status: 200, body: { accepted: 10_000 } });
    expect(sqs.sends).toHaveLength(1_000);
  });

  test('if there is nothing in it', async () => {
    const { response, sqs } = await post('[]');
    expect(response).toEqual({ status: 200, body: { accepted: 0, deadLettered: 0, skipped: 0 } });
    expect(sqs.sends).toEqual([]);
  });

  test('though it cannot be decompressed: then its bytes are one dead letter', async () => {
    const cut = gzipSync(JSON.stringify(track('u1'))).subarray(0, 30);
    const { response, sqs } = await handle({ body: cut });
    expect(response.body).toMatchObject({ accepted: 0, deadLettered: 1, skipped: 0 });
    expect(reasonsOf(sqs.sends)).toEqual(['unparseable']);
    expect(Buffer.from(String(sqs.accepted[0]), 'base64')).toEqual(cut);
  });

  test('though it is no JSON: then its text is one dead letter, whatever Content-Encoding it names', async () => {
    const { response, sqs } = await post('no gzip', {}, { ...TOKEN, 'content-encoding': 'gzip' });
    expect(response.body).toMatchObject({ accepted: 0, deadLettered: 1, skipped: 0 });
    expect(reasonsOf(sqs.sends)).toEqual(['unparseable']);
    expect(sqs.accepted).toEqual(['no gzip']);
  });

  test('though it decompresses to more than what may be decompressed before it is known who sent it', async () => {
    const events = Array.from({ length: 8 }, (_, index) => ({
      ...track(`u${index}`),
      properties: { pad: 'x'.repeat(1_000_000) },
    }));
    const { response } = await handle({ body: gzipSync(JSON.stringify(events)) });
    expect(response.body).toMatchObject({ deadLettered: 8, deadLetteredBecause: { too_large: 8 } });
  });

  test('though an event is larger than SQS holds: that is a dead letter, and its neighbour goes on', async () => {
    const giant = { ...track('u1'), properties: { pad: 'x'.repeat(1_048_577) } };
    const { response, sqs } = await handle({
      body: gzipSync(JSON.stringify([giant, track('u2')])),
      headers: { ...TOKEN, 'content-encoding': 'gzip' },
    });
    expect(response.body).toEqual({
      accepted: 1,
      deadLettered: 1,
      skipped: 0,
      deadLetteredBecause: { too_large: 1 },
    });
    expect(reasonsOf(sqs.sends)).toEqual(['too_large']);
    expect(sqs.accepted).toContain(JSON.stringify(track('u2')));
  });
});

describe('an event that SQS refuses for good', () => {
  const isFirst = (body: string) => body.includes('u1');

  test('is a dead letter, and its neighbours go on, those of the same user too', async () => {
    const again = { ...track('u1'), messageId: 'again' };
    let refusals = 1;
    const { response, sqs, log, tookMs } = await post([track('u1'), track('u2'), again], {
      resultFor: (body) =>
        body === JSON.stringify(track('u1')) && refusals-- > 0 ? 'sender_fault' : 'taken',
    });
    expect(response).toEqual({
      status: 200,
      body: { accepted: 2, deadLettered: 1, skipped: 0, deadLetteredBecause: { invalid_event: 1 } },
    });
    expect(deadLettersIn(sqs.sends)).toMatchObject([
      {
        body: JSON.stringify(track('u1')),
        attributes: { detail: 'SQS refuses the event: InvalidMessageContents' },
      },
    ]);
    expect(sqs.accepted).toContain(JSON.stringify(again));
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        message: 'dead letter written',
        fields: expect.objectContaining({ events: 1 }),
      }),
    );
    expect(tookMs).toBeLessThan(1_000);
  });

  test('is stored as base64 where SQS does not take the text in a dead letter either', async () => {
    const { response, sqs } = await post([track('u1'), track('u2')], {
      resultFor: (body) => (isFirst(body) ? 'sender_fault' : 'taken'),
    });
    expect(response.body).toMatchObject({ accepted: 1, deadLettered: 1 });
    const stored = deadLettersIn(sqs.sends).at(-1);
    expect(stored).toMatchObject({ attributes: { encoding: 'base64', reason: 'invalid_event' } });
    expect(Buffer.from(stored?.body ?? '', 'base64').toString()).toBe(JSON.stringify(track('u1')));
  });

  test('is none if SQS only throttles: it is sent again', async () => {
    let throttled = 0;
    const { response, sqs } = await post([track('u1')], {
      resultFor: () => (throttled++ < 2 ? 'throttled' : 'taken'),
    });
    expect(response.body).toEqual({ accepted: 1, deadLettered: 0, skipped: 0 });
    expect(sqs.accepted).toEqual([JSON.stringify(track('u1'))]);
  });

  test('makes the request 503 if no dead letter can be written of it', async () => {
    const { response } = await post([track('u1')], { resultFor: () => 'sender_fault' });
    expect(response.status).toBe(503);
  });
});

describe('many events of one user at 45 ms a call', () => {
  const bodies = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...track('u1'), messageId: `m${index}` }));

  test.each([20, 100, 1_000])('%d are accepted, in order', async (count) => {
    const { response, sqs } = await post(bodies(count), { latencyMs: 45 });
    expect(response.body).toEqual({ accepted: count, deadLettered: 0, skipped: 0 });
    expect(sqs.accepted.map((body) => JSON.parse(body).messageId)).toEqual(
      bodies(count).map(({ messageId }) => messageId),
    );
  });

  test('a hundred take no longer than a hundred and one', async () => {
    const [hundred, more] = await Promise.all(
      [100, 101].map((count) => post(bodies(count), { latencyMs: 45 })),
    );
    expect(hundred?.tookMs).toBeLessThanOrEqual(more?.tookMs ?? 0);
    expect(hundred?.tookMs).toBeLessThan(2_000);
  });
});

describe('a request is answered 503, within four seconds', () => {
  const withoutFirst = (body: string): EntryResult => (body.includes('u1') ? 'refused' : 'taken');

  test('if SQS does not take one of its events, and then nothing is sent any more', async () => {
    const { response, tookMs, sqs, log } = await post([track('u1'), track('u2')], {
      resultFor: withoutFirst,
    });
    expect(response.status).toBe(503);
    expect(tookMs).toBe(4_000);
    expect(sqs.accepted).toEqual([JSON.stringify(track('u2'))]);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { accepted: 2 } });
  });

  test('if SQS does not take a dead letter', async () => {
    const resultFor = (body: string): EntryResult => (body === '{"type":"track"}' ? 'refused' : 'taken');
    const { response, sqs } = await post([track('u1'), { type: 'track' }], { resultFor });
    expect(response.status).toBe(503);
    expect(sqs.accepted).toEqual([JSON.stringify(track('u1'))]);
  });

  test('if SQS is slower than that', async () => {
    const { response, tookMs } = await post([track('u1')], { latencyMs: 60_000 });
    expect(response.status).toBe(503);
    expect(tookMs).toBe(4_000);
  });
});

describe('a request is refused', () => {
  test.each<[string, HttpRequest['headers'], number]>([
    ['401 without a credential', {}, 401],
    ['401 with a wrong one', { authorization: 'Bearer another' }, 401],
  ])('%s, and nothing of it is queued', async (_, headers, status) => {
    const { response, sqs } = await post([track('u1')], {}, headers);
    expect(response).toMatchObject({ status, body: { message: expect.stringMatching(/credential/) } });
    expect(sqs.sends).toEqual([]);
  });

  test.each([
    [{ path: '/nowhere' }, 404, undefined],
    [{ method: 'GET' }, 405, { allow: 'POST, PUT, PATCH' }],
    [{ path: '/v1/track', method: 'PUT' }, 405, { allow: 'POST' }],
  ])('where there is nothing: %j', async (request, status, headers) => {
    const { response, sqs } = await handle(request);
    expect(response).toMatchObject({ status, ...(headers && { headers }) });
    expect(sqs.sends).toEqual([]);
  });
});

test('a dead letter says who sent the event: route, user agent, kind and number of the credential', async () => {
  const headers = {
    authorization: 'Bearer token-2',
    'user-agent': 'analytics-java/3.5',
    'x-forwarded-for': '192.0.2.7',
  };
  const request = { path: '/v1/track/', headers, body: Buffer.from('{"userId":"u1"}') };
  const { sqs } = await handle(request, { env: { INGEST_TOKENS: 'token-1,token-2' } });
  const [deadLetter] = deadLettersIn(sqs.sends);
  expect(JSON.parse(deadLetter?.attributes['failure'] ?? '')).toMatchObject({
    sender: { route: '/v1/track', userAgent: 'analytics-java/3.5', credential: 'token 2' },
  });
  expect(JSON.stringify(deadLetter)).not.toMatch(/token-2|192/);
});

test('no credential reaches a queue, not even in what cannot be read', async () => {
  const event = '{"type":"track","userId":"u1","event":"E","messageId":"m1"}';
  const bodies = [
    `{"batch":[${event},{oops}],"writeKey":"the-token"}`,
    `{"batch":[${event}],"writeKey":"the-token","context":{oops}}`,
    '{"userId":"u1","event":"E","writeKey":"the-token","oops',
    `{"userId":"u1","event":"E","writeKey":"the-token","properties":${'['.repeat(100)}${']'.repeat(100)}}`,
    'writeKey=the-token&type=track',
  ];
  for (const text of bodies) {
    for (const path of ['/v1/track', '/v1/batch', '/segment']) {
      const { response, sqs } = await handle({ path, body: Buffer.from(text) });
      expect(response.status).toBe(200);
      expect(sqs.accepted.length).toBeGreaterThan(0);
      const stored = sqs.accepted.map((body) => `${body} ${Buffer.from(body, 'base64').toString('latin1')}`);
      expect(stored.join()).not.toContain('the-token');
    }
  }
});

test('an element without a messageId that cannot be used is the same dead letter when Segment sends it again', async () => {
  const body = `[${JSON.stringify(track('u1'))},{oops},{"type":"tracks"},7,{oops}]`;
  const ids = async () =>
    (await post(body)).sqs.sends
      .flat()
      .filter(({ MessageAttributes }) => MessageAttributes?.['reason'])
      .map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  const first = await ids();
  expect(new Set(first).size).toBe(4);
  expect(await ids()).toEqual(first);
});

test('every refusal says the same in the words that each SDK reads: message, code and error', async () => {
  const refusals = await Promise.all([
    handle({ path: '/nowhere' }),
    handle({ method: 'GET' }),
    post([track('u1')], {}, {}),
    post([track('u1')], {}, { authorization: 'Bearer another' }),
    post([track('u1')], { resultFor: () => 'refused' }),
  ]);
  const bodies = refusals.map(({ response }) => response.body);
  expect(bodies).toMatchObject(
    ['not_found', 'method_not_allowed', 'no_credential', 'wrong_credential', 'not_queued'].map((code) => ({
      code,
    })),
  );
  for (const body of bodies) {
    const { message, error } = { message: undefined, error: undefined, ...body };
    expect(message).toMatch(/\w/);
    expect(error).toBe(message);
  }
});

test('two like events of one second, without a messageId, are two, and precise ones sent again are the same', async () => {
  const same = { type: 'track', userId: 'u9', event: 'Add To Cart', timestamp: '2026-03-04T05:06:07Z' };
  const precise = { ...same, timestamp: '2026-03-04T05:06:07.891Z' };
  const ids = async (events: JsonObject[]) =>
    (await post(events)).sqs.sends.flat().map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  expect(new Set(await ids([same, same])).size).toBe(2);
  expect(new Set(await ids([precise, precise])).size).toBe(2);
  expect(await ids([precise, precise])).toEqual(await ids([precise, precise]));
});

test('the health check needs no credential', async () => {
  const { response } = await handle({ method: 'GET', path: '/health', headers: {} });
  expect(response).toEqual({ status: 200, body: { status: 'ok' } });
});

test('an event that comes twice in one request without anything to know it by is queued twice', async () => {
  const same = { type: 'track', userId: 'u1', event: 'Clicked' };
  const { sqs } = await post([same, same]);
  const ids = sqs.sends.flat().map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  expect(new Set(ids).size).toBe(2);
});

test('the log has the counts and nothing of the events', async () => {
  const { log } = await post([identify, { type: 'track', userId: PII_MARKER }, track('u1')]);
  expect(log.lines).toMatchObject([
    { level: 'info', message: 'events queued', fields: { accepted: 2, deadLettered: 1, skipped: 0 } },
    { level: 'warn', message: 'dead letter written', fields: { reason: 'invalid_event', events: 1 } },
  ]);
  expect(JSON.stringify(log.lines)).not.toContain('anna');
});

test('the log says where a request came in, what let it in, and why an event of it cannot be used', async () => {
  const { log } = await post([track('u1'), { ...track('u2'), event: null }]);
  expect(log.lines).toMatchObject([
    { message: 'events queued', fields: { path: '/segment', credential: 'token 1', accepted: 1 } },
    {
      message: 'dead letter written',
      fields: { reason: 'invalid_event', problem: 'a track event needs a name, but event is null' },
    },
  ]);
});
