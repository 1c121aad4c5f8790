import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../../../lib/runtime/clock.ts';
import { constant } from '../../../lib/runtime/refreshable.ts';
import { createSalesmachine } from '../../../lib/salesmachine/client.ts';
import {
  createClient,
  createHttpClient,
  createTcpClient,
  listen,
  succeed,
} from '../../support/salesmachine-client.ts';
import { until } from '../../support/until.ts';

describe('a request that never reached Salesmachine says so', () => {
  const notSent = { kind: 'failure', mayHaveBeenSent: false };

  test('if no server listens', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await createClient(port).post('/v1/batch', '[]')).toMatchObject({
      ...notSent,
      code: 'ECONNREFUSED',
    });
  });

  test('if the name is unknown', async () => {
    const client = createClient(0, { url: 'http://salesmachine.invalid' });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({
      ...notSent,
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    });
  });

  test('if the connection takes too long to be made', async () => {
    // A server that accepts, but never shakes hands.
    const port = await listen(createTcpServer());
    const client = createClient(port, { url: `https://127.0.0.1:${port}`, connectTimeoutMs: 50 });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...notSent, code: 'ECONNTIMEOUT' });
  });

  test('if the certificate is no good', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('This is no TLS.')));
    const client = createClient(port, { url: `https://127.0.0.1:${port}` });
    expect(await client.post('/v1/batch', '[]')).toMatchObject(notSent);
  });

  test('if the credential cannot be read', async () => {
    let requests = 0;
    const port = await listen(createServer(() => (requests += 1)));
    const settings = { url: `http://127.0.0.1:${port}`, token: '', secret: '' };
    const unreadable = { ...constant(settings), get: () => Promise.reject(new Error('no parameter')) };
    const client = createSalesmachine(settings, unreadable);
    expect(await client.post('/v1/batch', '[]')).toEqual({
      ...notSent,
      code: 'ENOCREDENTIAL',
      text: 'the credential could not be read',
    });
    expect(requests).toBe(0);
  });

  test('if it was aborted before it began', async () => {
    let requests = 0;
    const client = await createHttpClient(() => (requests += 1));
    const answer = await client.post('/v1/batch', '[]', AbortSignal.abort());
    expect(answer).toMatchObject({ ...notSent, code: 'ABORT_ERR' });
    expect(requests).toBe(0);
  });
});

describe('a request without an answer says in words', () => {
  test('how long it waited for one', async () => {
    const client = await createHttpClient(() => undefined, { timeoutMs: 300 });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({
      code: 'ETIMEDOUT',
      text: 'no answer within 0.3 s',
    });
  });

  test('what kept it from being sent', async () => {
    const client = createClient(0, { url: 'http://salesmachine.invalid' });
    expect(await client.post('/v1/batch', '[]')).toMatchObject({
      text: expect.stringMatching(/^the host name (is unknown|could not be looked up)$/),
    });
  });
});

describe('a request that may have been applied says so', () => {
  const sent = { kind: 'failure', mayHaveBeenSent: true };

  test('if no answer comes in time', async () => {
    const client = await createHttpClient(() => undefined, { timeoutMs: 300 });
    expect(await client.post('/v1/batch', '[]')).toMatchObject(sent);
  });

  test('if the answer does not end in time', async () => {
    const client = await createHttpClient((_, response) => response.writeHead(201).write('{'), {
      timeoutMs: 300,
    });
    expect(await client.post('/v1/batch', '[]')).toMatchObject(sent);
  });

  test('if the connection is reset instead of an answer', async () => {
    const client = await createTcpClient((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...sent, code: 'ECONNRESET' });
  });

  test('if a connection is reset that was there already, and so is the next one', async () => {
    let batches = 0;
    const client = await createHttpClient((request, response) => {
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
    const client = await createTcpClient((socket) =>
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
    const client = await createTcpClient((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{"status"')),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...sent, code: 'ECONNRESET' });
  });

  test('if the answer is not HTTP', async () => {
    const client = await createTcpClient((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject(sent);
  });

  test('if the answer wants to speak another protocol', async () => {
    const client = await createTcpClient((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'),
      ),
    );
    expect(await client.post('/v1/batch', '[]')).toMatchObject({ ...sent, code: 'EUPGRADE' });
  });

  test('if it was aborted on its way', async () => {
    let arrived = false;
    const client = await createHttpClient(() => {
      arrived = true;
    });
    const controller = new AbortController();
    const answer = client.post('/v1/batch', '[]', controller.signal);
    await until('the request has arrived', () => arrived);
    controller.abort();
    expect(await answer).toMatchObject({ ...sent, code: 'ABORT_ERR' });
  });
});

test('a connection that cannot be made leaves no timer behind', async () => {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const sleeping = new Set<AbortSignal | undefined>();
  const clock: Clock = {
    now: systemClock.now,
    sleep: (ms, signal) => {
      sleeping.add(signal);
      return systemClock.sleep(ms, signal).finally(() => sleeping.delete(signal));
    },
  };
  const settings = { url: `http://127.0.0.1:${port}`, token: '', secret: '' };
  await createSalesmachine(settings, constant(settings), clock).post('/v1/batch', '[]');
  await until('no timer is left', () => sleeping.size === 0);
});

test('a request that fails leaves those beside it alone', async () => {
  const others: (() => void)[] = [];
  const client = await createHttpClient((request, response) => {
    if (request.url !== '/v1/alias') others.push(() => succeed(request, response));
    else request.socket.resetAndDestroy();
  });
  const beside = [client.post('/v1/batch', '[]'), client.post('/v1/ping', '{}')];
  await until('both are on their way', () => others.length === 2);
  expect(await client.post('/v1/alias', '{}')).toMatchObject({ kind: 'failure', mayHaveBeenSent: true });
  for (const answer of others) answer();
  expect(await Promise.all(beside)).toMatchObject([{ status: 201 }, { status: 201 }]);
});
