import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { postBatch, type Target } from '../../../lib/segment/post-batch.ts';
import { sign } from '../../../lib/segment/signature.ts';
import { listen } from '../../support/salesmachine-client.ts';

type Response = { status: number; headers?: Record<string, string>; body?: string };

const EVENTS = ['{"messageId":"m1"}', '{"messageId":"m2"}'];
const COUNTS = { accepted: 2, deadLettered: 1, skipped: 3 };
const TAKEN: Response = { status: 200, body: JSON.stringify({ ...COUNTS, skippedBecause: {} }) };

/**
 * A relay that answers the first requests as it is told and takes the others; -1: never. Waits between two tries
 * pass at once, and so does the time for an answer where `isOverdue`.
 */
async function setUp(responses: readonly Response[] = [], { isOverdue = false, random = 1 } = {}) {
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const { status, headers, body } = responses[requests.length] ?? TAKEN;
    requests.push({ headers: request.headers, body: await text(request) });
    if (status > 0) response.writeHead(status, headers).end(body);
  });
  const url = `http://127.0.0.1:${await listen(server)}/segment`;
  const stop = new AbortController();
  const waits: number[] = [];
  const timeLimits: number[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    async sleep(ms, signal) {
      if (signal === stop.signal) {
        waits.push(ms);
        now += ms;
        return;
      }
      timeLimits.push(ms);
      if (!isOverdue) await new Promise((_, reject) => signal?.addEventListener('abort', reject));
    },
  };
  const post = (batch = EVENTS, target: Partial<Target> = {}) =>
    postBatch(batch, { url, ...target }, { clock, random: () => random }, stop.signal);
  return { post, requests, waits, timeLimits, stop };
}

describe('a batch is posted as Segment does', () => {
  test('as an array, signed by its first event', async () => {
    const { post, requests } = await setUp();
    await post(EVENTS, { secret: 's1' });
    expect(requests).toMatchObject([{ body: `[${EVENTS.join()}]` }]);
    expect(requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-signature': sign(EVENTS[0] ?? '', 's1'),
    });
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('as an object if it is a single event, with a token if there is one', async () => {
    const { post, requests } = await setUp();
    await post(EVENTS.slice(1), { token: 't1' });
    expect(requests).toMatchObject([{ body: EVENTS[1], headers: { authorization: 'Bearer t1' } }]);
    expect(requests[0]?.headers).not.toHaveProperty('x-signature');
  });

  test('and what came of its events is counted', async () => {
    const { post, waits } = await setUp();
    expect(await post()).toEqual({ kind: 'taken', ...COUNTS });
    expect(waits).toEqual([]);
  });
});

describe('a batch is posted again', () => {
  test.each([408, 423, 429, 500, 502, 503, 504, 599])('after a %i', async (status) => {
    const { post, requests } = await setUp([{ status }]);
    expect(await post()).toEqual({ kind: 'taken', ...COUNTS });
    expect(requests).toHaveLength(2);
    expect(requests[1]?.body).toBe(requests[0]?.body);
  });

  test('after longer and longer waits, half a minute at most', async () => {
    const { post, waits } = await setUp(Array.from({ length: 9 }, () => ({ status: 503 })));
    await post();
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('after a random part of that, so that senders do not come together', async () => {
    const { post, waits } = await setUp([{ status: 503 }, { status: 503 }], { random: 0.5 });
    await post();
    expect(waits).toEqual([250, 500]);
  });

  test.each([
    ['7', 7_000],
    ['0', 500],
    ['soon', 500],
    ['3600', 300_000],
  ])('after a Retry-After of %s', async (value, waitMs) => {
    const { post, waits } = await setUp([{ status: 429, headers: { 'retry-after': value } }]);
    await post();
    expect(waits).toEqual([waitMs]);
  });

  test('for five minutes, and then no batch would be taken', async () => {
    const busy = { status: 503, body: '{"message":"The queue is busy."}' };
    const { post, waits } = await setUp(Array.from({ length: 50 }, () => busy));
    const cause = 'the relay answered 503 (The queue is busy.)';
    expect(await post()).toEqual({ kind: 'given_up', cause });
    const waited = waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThanOrEqual(300_000);
    expect(waited).toBeLessThan(330_000);
  });

  test('but not once the sender is stopped', async () => {
    const { post, requests, stop } = await setUp([{ status: 503 }]);
    stop.abort();
    expect(await post()).toEqual({ kind: 'stopped' });
    expect(requests).toHaveLength(1);
  });
});

describe('a batch that no retry would help', () => {
  test.each([301, 400, 413, 422, 501])('is refused with a %i', async (status) => {
    const headers = { location: 'http://127.0.0.1:1/elsewhere' };
    const { post, requests } = await setUp([{ status, headers, body: '{"message":"No."}' }]);
    expect(await post()).toEqual({ kind: 'refused', cause: `the relay answered ${status} (No.)` });
    expect(requests).toHaveLength(1);
  });

  test.each([
    [401, 'check --secret and --token'],
    [403, 'check --secret and --token'],
    [404, 'check --url'],
    [405, 'check --url'],
  ])('is given up after a %i, as all others would be: %s', async (status, hint) => {
    const { post } = await setUp([{ status, body: 'no JSON' }]);
    expect(await post()).toEqual({ kind: 'given_up', cause: `the relay answered ${status}: ${hint}` });
  });

  test.each(['', '<h1>It works</h1>', '{"accepted":2}', '{"accepted":"2","deadLettered":0,"skipped":0}'])(
    'is given up where something else than a relay answers: %j',
    async (body) => {
      const { post } = await setUp([{ status: 200, body }]);
      const cause = 'what answers there is no relay: check --url';
      expect(await post()).toEqual({ kind: 'given_up', cause });
    },
  );
});

describe('without an answer a batch is posted again, too, and in the end given up with the reason', () => {
  test('if nothing listens', async () => {
    const { post, waits } = await setUp();
    const server = createServer();
    const url = `http://127.0.0.1:${await listen(server)}`;
    await new Promise((resolve) => server.close(resolve));
    const result = await post(EVENTS, { url });
    expect(result).toEqual({ kind: 'given_up', cause: 'no answer (ECONNREFUSED)' });
    expect(waits.length).toBeGreaterThan(10);
  });

  test('if none comes within ten seconds', async () => {
    const silent = Array.from({ length: 50 }, () => ({ status: -1 }));
    const { post, timeLimits } = await setUp(silent, { isOverdue: true });
    expect(await post()).toEqual({ kind: 'given_up', cause: 'no answer (TimeoutError)' });
    expect(new Set(timeLimits)).toEqual(new Set([10_000]));
  });
});
