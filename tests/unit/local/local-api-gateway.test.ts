import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { parse } from 'yaml';
import { createApiGateway, type HttpFunction } from '../../../lib/local/aws/local-api-gateway.ts';
import { type LocalServer, listen } from '../../../lib/local/http-server.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { ROUTE_KEYS } from '../../../lib/segment/route.ts';
import { recordingLog } from '../../support/log.ts';
import { at } from '../../support/template.ts';

const servers: LocalServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const MEGABYTE = 1024 * 1024;

/** A gateway before a function that keeps its events. */
async function startGateway(
  invoke: HttpFunction = async () => ({ statusCode: 200, body: '{}' }),
  timeoutMs = 8_000,
) {
  const events: APIGatewayProxyEventV2[] = [];
  const gateway = createApiGateway({
    invoke(event, context) {
      events.push(event);
      return invoke(event, context);
    },
    functionTimeoutMs: timeoutMs,
    clock: systemClock,
    log: recordingLog(),
  });
  const server = await listen(gateway);
  servers.push(server);
  return { url: server.url, events };
}

test('the routes are those that are deployed', () => {
  // The template's tags are CloudFormation's and mean nothing here.
  const template: unknown = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' });
  const toTemplateKey = (key: string) => (key === '$default' ? '*' : key);
  expect(at(template, 'functions.ingest.events')).toEqual(
    ROUTE_KEYS.map((key) => ({ httpApi: toTemplateKey(key) })),
  );
});

test.each([
  ['POST', '/segment', { routeKey: 'POST /segment' }],
  ['GET', '/segment', { routeKey: 'ANY /{proxy+}', pathParameters: { proxy: 'segment' } }],
  ['POST', '/v1/import/', { routeKey: 'ANY /{proxy+}', pathParameters: { proxy: 'v1/import/' } }],
  ['POST', '//v1/batch', { routeKey: 'ANY /{proxy+}', pathParameters: { proxy: '/v1/batch' } }],
  ['DELETE', '/nowhere?a=b', { routeKey: 'ANY /{proxy+}', pathParameters: { proxy: 'nowhere' } }],
  ['POST', '/', { routeKey: '$default' }],
])('%s %s reaches the function by the route that takes it', async (method, path, expected) => {
  const { url, events } = await startGateway();
  await fetch(`${url}${path}`, { method });
  const rawPath = path.replace(/\?.*/, '');
  expect(events).toMatchObject([{ ...expected, rawPath, requestContext: { http: { path: rawPath } } }]);
});

test('a text reaches the function as text, with lower-case headers, method, path and query', async () => {
  const { url, events } = await startGateway();
  await fetch(`${url}/segment?a=1&a=2&b=`, {
    method: 'PUT',
    headers: { 'X-Signature': 'abc', Cookie: 'one=1; two=2' },
    body: '{"name":"Zoë 🎉"}',
  });
  expect(events).toMatchObject([
    {
      version: '2.0',
      rawPath: '/segment',
      rawQueryString: 'a=1&a=2&b=',
      queryStringParameters: { a: '1,2', b: '' },
      cookies: ['one=1', 'two=2'],
      headers: { 'x-signature': 'abc' },
      requestContext: { http: { method: 'PUT', path: '/segment' } },
      body: '{"name":"Zoë 🎉"}',
      isBase64Encoded: false,
    },
  ]);
});

test('bytes that are no text reach the function as base64', async () => {
  const { url, events } = await startGateway();
  const body = gzipSync('{"type":"track"}');
  await fetch(`${url}/segment`, { method: 'POST', body });
  expect(events).toMatchObject([{ isBase64Encoded: true, body: body.toString('base64') }]);
});

test('a request without a body has none in the event', async () => {
  const { url, events } = await startGateway();
  await fetch(`${url}/health`);
  expect(events[0]).not.toHaveProperty('body');
  expect(events[0]?.isBase64Encoded).toBe(false);
});

test("status, headers, cookies and body of the answer are the function's", async () => {
  const { url } = await startGateway(async () => ({
    statusCode: 503,
    headers: { 'Retry-After': 5, 'Content-Type': 'text/plain' },
    cookies: ['a=1', 'b=2'],
    body: Buffer.from('später').toString('base64'),
    isBase64Encoded: true,
  }));
  const response = await fetch(`${url}/segment`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.text()).toBe('später');
});

test.each([
  ['just under what Lambda takes', 6 * MEGABYTE - 4_096, 'x', 200],
  ['over what Lambda takes', 6 * MEGABYTE, 'x', 413],
  ['over what Lambda takes once it is JSON in JSON', 3.1 * MEGABYTE, '"', 413],
  ['over what the HTTP API takes', 10 * MEGABYTE + 1, 'x', 413],
])('a body %s is answered as on AWS', async (_, bytes, character, status) => {
  const { url, events } = await startGateway();
  const response = await fetch(`${url}/segment`, { method: 'POST', body: character.repeat(bytes) });
  expect(response.status).toBe(status);
  await response.text();
  expect(events).toHaveLength(status === 200 ? 1 : 0);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('a function that throws or takes too long is answered 500, and the next request is served', async () => {
  const faults: Record<string, () => Promise<never>> = {
    throw: () => Promise.reject(new Error('broken')),
    hang: () => new Promise(() => undefined),
  };
  const { url } = await startGateway(
    async (event) => faults[event.body ?? '']?.() ?? { statusCode: 200 },
    50,
  );
  for (const fault of Object.keys(faults)) {
    const response = await fetch(`${url}/segment`, { method: 'POST', body: fault });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  }
  expect((await fetch(`${url}/health`)).status).toBe(200);
});
