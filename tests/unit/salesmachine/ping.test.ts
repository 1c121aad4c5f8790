import { expect, test } from '@jest/globals';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import { pingSalesmachine } from '../../../lib/salesmachine/ping.ts';

const NOW = Date.UTC(2026, 0, 1);

async function ping(result: ApiResult) {
  const requests: unknown[][] = [];
  const post = async (...request: unknown[]) => {
    requests.push(request);
    return result;
  };
  return { requests, ping: await pingSalesmachine({ post }, () => NOW) };
}

const respond = (
  status: number,
  headers: Record<string, string> = {},
  body = '{"error":"no such app"}',
): ApiResult => ({
  kind: 'response',
  status,
  headers,
  body,
});

test('a ping is one request without data', async () => {
  expect((await ping(respond(201))).requests).toEqual([['/v1/ping', '{}']]);
});

test('a ping that passes tells the quota, as far as Salesmachine says it', async () => {
  const headers = { 'x-ratelimit-limit': '900', 'x-ratelimit-remaining': '17', 'x-ratelimit-reset': '90' };
  expect((await ping(respond(201, headers))).ping).toEqual({
    outcome: 'delivered',
    status: 201,
    failure: null,
    text: null,
    limit: 900,
    remaining: 17,
    resetsInSeconds: 90,
  });
  expect((await ping(respond(201, { 'x-ratelimit-limit': 'many' }))).ping).toMatchObject({
    limit: null,
    remaining: null,
    resetsInSeconds: null,
  });
});

test('a quota that ends within a second ends in one', async () => {
  expect((await ping(respond(429, { 'retry-after': '1500ms' }))).ping).toMatchObject({
    outcome: 'throttled',
    resetsInSeconds: 2,
  });
});

test.each([400, 413, 422])(
  'a refusal with %i is about the credential, for a ping has no data',
  async (status) => {
    expect((await ping(respond(status))).ping).toMatchObject({
      outcome: 'credential',
      status,
      text: `Salesmachine answered ${status}: no such app`,
    });
  },
);

test('without an answer a ping tells why, in words where there are any', async () => {
  const failure = { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' } as const;
  const nothingElse = { status: null, text: null, limit: null, remaining: null, resetsInSeconds: null };
  expect((await ping({ ...failure, text: 'the connection was refused' })).ping).toEqual({
    outcome: 'transient',
    failure: 'the connection was refused',
    ...nothingElse,
  });
  expect((await ping(failure)).ping).toMatchObject({ failure: 'ECONNREFUSED' });
});
