import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createSalesmachine, type SalesmachineSettings } from '../../../lib/salesmachine/client.ts';
import { until } from '../../support/until.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Listens on any free port until the test is over, and tells the port. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A client of `http://127.0.0.1:port`. */
const clientOf = (port: number, settings: Partial<SalesmachineSettings> = {}) =>
  createSalesmachine({
    url: `http://127.0.0.1:${port}`,
    token: 'the-token',
    secret: 'the-secret',
    ...settings,
  });

/** A client of an HTTP server that answers as it is told. */
const clientOfHttp = async (answer: RequestListener, settings: Partial<SalesmachineSettings> = {}) =>
  clientOf(await listen(createServer(answer)), settings);

/** A client of a TCP server that does with a connection what it is told. */
const clientOfTcp = async (handle: (socket: Socket) => void, settings: Partial<SalesmachineSettings> = {}) =>
  clientOf(await listen(createTcpServer(handle)), settings);

const succeed = (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(201, { 'content-type': 'application/json' }).end('{"status":"success"}');

describe('a request', () => {
  test('carries the credential, its kind and its whole body', async () => {
    const requests: unknown[] = [];
    const client = await clientOfHttp(async (request, response) => {
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
    await clientOf(port, { url: `http://127.0.0.1:${port}/salesmachine${end}` }).post('/v1/ping', '{}');
    expect(urls).toEqual(['/salesmachine/v1/ping']);
  });

  test('reuses the connection of the one before', async () => {
    let connections = 0;
    const server = createServer(succeed);
    server.on('connection', () => {
      connections += 1;
    });
    const client = clientOf(await listen(server));
    for (const path of ['/v1/ping', '/v1/batch', '/v1/alias'] as const) {
      expect(await client.post(path, '{}')).toMatchObject({ kind: 'response', status: 201 });
    }
    expect(connections).toBe(1);
  });
});

describe('an answer', () => {
  test('is its status, its headers in lower case and its body', async () => {
    const client = await clientOfHttp((_, response) =>
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
    const client = await clientOfHttp((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${elsewhere}/` }).end(),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ kind: 'response', status: 307 });
    expect(strangers).toBe(0);
  });

  test('that never ends is read to 64 KB, and the next request is answered all the same', async () => {
    const client = await clientOfHttp((request, response) => {
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

describe('a request that never reached Salesmachine says so', () => {
  const notSent = { kind: 'failure', mayHaveBeenSent: false };

  test('if no server listens', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await clientOf(port).post('/v1/batch', '[]')).toMatchObject({ ...notSent, code: 'ECONNREFUSED' });
  });

  test('if the name is unknown', async () => {
    const client = clientOf(0, { url: 'http://salesmachine.invalid' });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({
      ...notSent,
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    });
  });

  test('if the connection takes too long to be made', async () => {
    // A server that accepts, but never shakes hands.
    const port = await listen(createTcpServer());
    const client = clientOf(port, { url: `https://127.0.0.1:${port}`, connectTimeoutMs: 50 });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...notSent, code: 'ECONNTIMEOUT' });
  });

  test('if the certificate is no good', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('This is no TLS.')));
    const client = clientOf(port, { url: `https://127.0.0.1:${port}` });
    expect(await client.post('/v1/batch', '[]')).toMatchObject(notSent);
  });

  test('if it was aborted before it began', async () => {
    let requests = 0;
    const client = await clientOfHttp(() => (requests += 1));
    const answer = await client.post('/v1/batch', '[]', AbortSignal.abort());
    expect(answer).toMatchObject({ ...notSent, code: 'ABORT_ERR' });
    expect(requests).toBe(0);
  });
});

test('a connection that the server has closed meanwhile costs nothing: the request is sent again at once', async () => {
  let hasReset = false;
  const client = await clientOfHttp((request, response) => {
    if (request.url === '/v1/ping' || hasReset) return succeed(request, response);
    hasReset = true;
    return request.socket.resetAndDestroy();
  });
  await client.post('/v1/ping', '{}');
  expect(await client.post('/v1/batch', '[]')).toMatchObject({ kind: 'response', status: 201 });
  expect(hasReset).toBe(true);
});

describe('a request without an answer says in words', () => {
  test('how long it waited for one', async () => {
    const client = await clientOfHttp(() => undefined, { timeoutMs: 300 });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({
      code: 'ETIMEDOUT',
      text: 'no answer within 0.3 s',
    });
  });

  test('what kept it from being sent', async () => {
    const client = clientOf(0, { url: 'http://salesmachine.invalid' });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({
      text: expect.stringMatching(/^the host name (is unknown|could not be looked up)$/),
    });
  });
});

describe('a request that may have been applied says so', () => {
  const sent = { kind: 'failure', mayHaveBeenSent: true };

  test('if no answer comes in time', async () => {
    const client = await clientOfHttp(() => undefined, { timeoutMs: 300 });
    expect(await client.post('/v1/batch', '[]')).toMatchObject(sent);
  });

  test('if the answer does not end in time', async () => {
    const client = await clientOfHttp((_, response) => response.writeHead(201).write('{'), {
      timeoutMs: 300,
    });
    expect(await client.post('/v1/batch', '[]')).toMatchObject(sent);
  });

  test('if the connection is reset instead of an answer', async () => {
    const client = await clientOfTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...sent, code: 'ECONNRESET' });
  });

  test('if a connection is reset that was there already, and so is the next one', async () => {
    let batches = 0;
    const client = await clientOfHttp((request, response) => {
      if (request.url === '/v1/ping') return succeed(request, response);
      batches += 1;
      return request.socket.resetAndDestroy();
    });
    await client.post('/v1/ping', '{}');
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...sent, code: 'ECONNRESET' });
    expect(batches).toBe(2);
  });

  test('if a connection that was there already ends in the middle of the answer', async () => {
    let batches = 0;
    const client = await clientOfTcp((socket) =>
      socket.on('data', (data) => {
        if (data.toString().includes('/v1/ping'))
          return socket.write('HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}');
        batches += 1;
        return socket.end('HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{"status"');
      }),
    );
    await client.post('/v1/ping', '{}');
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...sent, code: 'ECONNRESET' });
    expect(batches).toBe(1);
  });

  test('if the connection ends in the middle of the answer', async () => {
    const client = await clientOfTcp((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{"status"')),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...sent, code: 'ECONNRESET' });
  });

  test('if the answer is not HTTP', async () => {
    const client = await clientOfTcp((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject(sent);
  });

  test('if the answer wants to speak another protocol', async () => {
    const client = await clientOfTcp((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'),
      ),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject(sent);
  });

  test('if it was aborted on its way', async () => {
    let arrived = false;
    const client = await clientOfHttp(() => {
      arrived = true;
    });
    const controller = new AbortController();
    const answer = client.post('/v1/batch', '[]', controller.signal);
    await until('the request has arrived', () => arrived);
    controller.abort();
    expect(await answer).toMatchObject({ ...sent, code: 'ABORT_ERR' });
  });
});

test('a request that fails leaves those beside it alone', async () => {
  const others: (() => void)[] = [];
  const client = await clientOfHttp((request, response) => {
    if (request.url !== '/v1/alias') others.push(() => succeed(request, response));
    else request.socket.resetAndDestroy();
  });
  const beside = [client.post('/v1/batch', '[]'), client.post('/v1/ping', '{}')];
  await until('both are on their way', () => others.length === 2);
  expect(await client.post('/v1/alias', '{}')).toMatchObject({ kind: 'failure', mayHaveBeenSent: true });
  for (const answer of others) answer();
  expect(await Promise.all(beside)).toMatchObject([{ status: 201 }, { status: 201 }]);
});
