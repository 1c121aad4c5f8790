import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { createSalesmachine } from '../../../lib/salesmachine/client.ts';
import { createClient, createHttpClient, listen, succeed } from '../../support/salesmachine-client.ts';

describe('a request', () => {
  test('carries the credential, its kind and its whole body', async () => {
    const requests: unknown[] = [];
    const client = await createHttpClient(async (request, response) => {
      const { method, url, headers } = request;
      requests.push({ method, url, headers, body: await text(request) });
      succeed(request, response);
    });
    const body = JSON.stringify([{ name: 'Zoë 🙂' }]);
    await client.post('/v1/batch', body);
    expect(requests).toEqual([
      {
        method: 'POST',
        url: '/v1/batch',
        body,
        headers: expect.objectContaining({
          authorization: `Basic ${Buffer.from('the-token:the-secret').toString('base64')}`,
          accept: 'application/json',
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        }),
      },
    ]);
  });

  test.each(['', '/', '//'])("goes below the configured URL's path, however that ends: %p", async (end) => {
    const urls: (string | undefined)[] = [];
    const port = await listen(
      createServer((request, response) => {
        urls.push(request.url);
        succeed(request, response);
      }),
    );
    await createClient(port, { url: `http://127.0.0.1:${port}/salesmachine${end}` }).post('/v1/ping', '{}');
    expect(urls).toEqual(['/salesmachine/v1/ping']);
  });

  test('reuses the connection of the one before', async () => {
    let connections = 0;
    const server = createServer(succeed);
    server.on('connection', () => {
      connections += 1;
    });
    const client = createClient(await listen(server));
    for (const path of ['/v1/ping', '/v1/batch', '/v1/alias'] as const) {
      expect(await client.post(path, '{}')).toMatchObject({ kind: 'response', status: 201 });
    }
    expect(connections).toBe(1);
  });
});

test('a credential that has changed is read again where that is asked for, and the next request carries it', async () => {
  const authorizations: (string | undefined)[] = [];
  const port = await listen(
    createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      succeed(request, response);
    }),
  );
  const moments: number[] = [];
  const credential = { token: 'old', secret: 's' };
  const client = createSalesmachine(
    { url: `http://127.0.0.1:${port}`, ...credential },
    {
      get: async () => ({ ...credential }),
      refreshIfOlderThan: async (moment) => {
        moments.push(moment);
        credential.token = 'new';
        return true;
      },
    },
  );
  await client.post('/v1/ping', '{}');
  await client.refreshCredentialIfOlderThan(17);
  await client.post('/v1/ping', '{}');
  expect(moments).toEqual([17]);
  const basic = (token: string) => `Basic ${Buffer.from(`${token}:s`).toString('base64')}`;
  expect(authorizations).toEqual([basic('old'), basic('new')]);
});

describe('an answer', () => {
  test('is its status, its headers in lower case and its body', async () => {
    const client = await createHttpClient((_, response) =>
      response.writeHead(429, { 'X-RateLimit-Reset': '17', 'Retry-After': '3' }).end('slow down'),
    );
    expect(await client.post('/v1/batch', '[]')).toEqual({
      kind: 'response',
      status: 429,
      headers: expect.objectContaining({ 'x-ratelimit-reset': '17', 'retry-after': '3' }),
      body: 'slow down',
    });
  });

  test('that redirects is an answer: the credential is not carried elsewhere', async () => {
    let strangers = 0;
    const elsewhere = await listen(createServer(() => (strangers += 1)));
    const client = await createHttpClient((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${elsewhere}/` }).end(),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ kind: 'response', status: 307 });
    expect(strangers).toBe(0);
  });

  test('that never ends is read to 64 KB, and the next request is answered all the same', async () => {
    const client = await createHttpClient((request, response) => {
      if (request.url === '/v1/ping') {
        succeed(request, response);
        return;
      }
      response.writeHead(500);
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', flood);
      flood();
    });
    const answer = await client.post('/v1/batch', '[]');
    expect(answer).toMatchObject({ kind: 'response', status: 500, body: 'x'.repeat(65_536) });
    expect(await client.post('/v1/ping', '{}')).toMatchObject({ status: 201 });
  });
});

test('a connection that the server has closed meanwhile costs nothing: the request is sent again at once', async () => {
  let hasReset = false;
  const client = await createHttpClient((request, response) => {
    if (request.url === '/v1/ping' || hasReset) return succeed(request, response);
    hasReset = true;
    return request.socket.resetAndDestroy();
  });
  await client.post('/v1/ping', '{}');
  expect(await client.post('/v1/batch', '[]')).toMatchObject({ kind: 'response', status: 201 });
  expect(hasReset).toBe(true);
});
