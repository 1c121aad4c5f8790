import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { HttpRequest } from '../../../lib/segment/http-request.ts';
import type { EntryResult } from '../../support/fake-sqs.ts';
import { handle, post, reasonsIn, TOKEN_HEADER, track } from '../../support/handle-request.ts';

describe('a request is answered 200', () => {
  test('once every event is in the queue, and says how many', async () => {
    const { response, sqs, tookMs } = await post([track('u1'), track('u2')]);
    expect(response).toEqual({ status: 200, body: { accepted: 2, deadLettered: 0, skipped: 0 } });
    expect(sqs.accepted).toEqual([track('u1'), track('u2')].map((event) => JSON.stringify(event)));
    expect(tookMs).toBeGreaterThanOrEqual(10);
  });

  test('and what is queued is what was checked for excluded attributes, also of a key that stands there twice', async () => {
    const twice = `{"type":"identify","userId":12345678901234567890,"traits":{"email":"ann@example.com"},"traits":{"plan":"pro"}}`;
    const { sqs } = await post(twice, { env: { EXCLUDE_ATTRIBUTES: 'email' } });
    expect(sqs.accepted).toEqual([
      '{"type":"identify","userId":"12345678901234567890","traits":{"plan":"pro"}}',
    ]);
    expect((await post(twice)).sqs.accepted).toEqual([twice]);
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
    expect(reasonsIn(sqs.sends).toSorted()).toEqual(['invalid_event', 'invalid_event', 'unparseable']);
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

  test('and what is excluded from URLs alone is not queued', async () => {
    const page = { type: 'page', userId: 'u1', properties: { url: 'https://example.com/?token=hush&a=1' } };
    const { sqs } = await post([page], { env: { EXCLUDE_QUERY: 'token' } });
    expect(sqs.accepted).toEqual([
      JSON.stringify({ ...page, properties: { url: 'https://example.com/?a=1' } }),
    ]);
  });

  test('and the trace that it came with goes on with its events', async () => {
    const trace = 'Root=1-67891233-abcdef012345678912345678;Sampled=1';
    const { sqs } = await post([track('u1')], {}, { ...TOKEN_HEADER, 'x-amzn-trace-id': trace });
    expect(sqs.sends[0]?.[0]?.MessageSystemAttributes).toEqual({
      AWSTraceHeader: { DataType: 'String', StringValue: trace },
    });
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
    expect(reasonsIn(sqs.sends)).toEqual(['unparseable']);
    expect(Buffer.from(String(sqs.accepted[0]), 'base64')).toEqual(cut);
  });

  test('though it is no JSON: then its text is one dead letter, whatever Content-Encoding it names', async () => {
    const { response, sqs } = await post('no gzip', {}, { ...TOKEN_HEADER, 'content-encoding': 'gzip' });
    expect(response.body).toMatchObject({ accepted: 0, deadLettered: 1, skipped: 0 });
    expect(reasonsIn(sqs.sends)).toEqual(['unparseable']);
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
      headers: { ...TOKEN_HEADER, 'content-encoding': 'gzip' },
    });
    expect(response.body).toEqual({
      accepted: 1,
      deadLettered: 1,
      skipped: 0,
      deadLetteredBecause: { too_large: 1 },
    });
    expect(reasonsIn(sqs.sends)).toEqual(['too_large']);
    expect(sqs.accepted).toContain(JSON.stringify(track('u2')));
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
    expect(log.lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'events not queued',
      fields: { accepted: 2, messageIds: ['m-u1', 'm-u2'] },
    });
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

  test('counted from when it came, though the secrets took long to read', async () => {
    const { response, tookMs } = await post([track('u1')], {
      latencyMs: 60_000,
      credentials: (time) => ({
        async get() {
          await time.sleep(1_500);
          return { sharedSecrets: [], tokens: ['the-token'] };
        },
        refreshIfOlderThan: async () => true,
      }),
    });
    expect(response.status).toBe(503);
    expect(tookMs).toBe(4_000);
  });

  test('or seven, with over a hundred events: those who send so many wait longer', async () => {
    const events = Array.from({ length: 101 }, (_, index) => track(`u${index}`));
    const tookMs = async (count: number) =>
      (await post(events.slice(0, count), { latencyMs: 60_000 })).tookMs;
    expect([await tookMs(100), await tookMs(101)]).toEqual([4_000, 7_000]);
  });

  test('if SQS takes the bytes of a dead letter neither', async () => {
    const headers = { ...TOKEN_HEADER, 'content-encoding': 'gzip' };
    const { response } = await handle(
      { headers, body: Buffer.of(0x1f, 0x8b, 0xff) },
      { resultFor: () => 'sender_fault' },
    );
    expect(response.status).toBe(503);
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
    [5, 200],
    [7, 401],
  ])('a token that only an SDK sends in its body is looked for in %d MB: %d', async (megabytes, status) => {
    const pad = 'x'.repeat(500_000);
    const batch = Array.from({ length: megabytes * 2 }, (_, index) => ({
      ...track(`u${index}`),
      properties: { pad },
    }));
    const body = gzipSync(JSON.stringify({ writeKey: 'the-token', batch }));
    const { response } = await handle({ path: '/v1/batch', headers: {}, body });
    expect(response.status).toBe(status);
  });

  test('with more events than a request may have, and the log says so', async () => {
    const { response, sqs, log } = await post(`[${Array(10_001).fill('{}').join()}]`);
    expect(response).toMatchObject({ status: 413, body: { code: 'too_many_events' } });
    expect(sqs.sends).toEqual([]);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'request rejected',
        fields: { path: '/segment', credential: 'token 1', cause: 'too_many_events', status: 413 },
      },
    ]);
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

test('the health check needs no credential', async () => {
  const { response } = await handle({ method: 'GET', path: '/health', headers: {} });
  expect(response).toEqual({ status: 200, body: { status: 'ok' } });
});

test('an event that the mapping throws for, which is a bug of ours, is queued: the worker decides about it', async () => {
  const mappingError = new TypeError('a bug');
  const { response, sqs, log } = await post([track('u1')], { mappingError });
  expect(response).toEqual({ status: 200, body: { accepted: 1, deadLettered: 0, skipped: 0 } });
  expect(sqs.accepted).toEqual([JSON.stringify(track('u1'))]);
  expect(log.lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: 'event not mapped',
      fields: expect.objectContaining({ error: 'TypeError' }),
    }),
  );
});
