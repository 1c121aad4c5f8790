import { networkInterfaces } from 'node:os';
import { expect, test } from '@jest/globals';
import { startLocalSqs } from '../../../lib/local/aws/local-sqs.ts';
import { listen, readBody } from '../../../lib/local/http-server.ts';

test('a client may keep its connection idle for over a minute', async () => {
  const server = await listen(async () => ({ status: 200, body: '' }));
  const response = await fetch(server.url);
  await response.text();
  await server.stop();
  const [, seconds] = /timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(60);
});

test.each([
  [4, 'abcd'],
  [3, 'too long'],
])('of a body of four bytes, at most %d are read: %s', async (maxBytes, answer) => {
  const server = await listen(async (request) => {
    const body = await readBody(request, maxBytes);
    return { status: 200, body: body ?? 'too long' };
  });
  const response = await fetch(server.url, { method: 'POST', body: 'abcd' });
  expect(await response.text()).toBe(answer);
  await server.stop();
});

test('a server that stops does not wait for a request that is never answered: it is cut off', async () => {
  const arrived = Promise.withResolvers<void>();
  const server = await listen(() => {
    arrived.resolve();
    return new Promise(() => undefined);
  });
  const request = expect(fetch(server.url)).rejects.toThrow('fetch failed');
  await arrived.promise;
  await server.stop();
  await request;
});

/** By which this machine is reached from others; on Linux, also another one of its own. */
const otherAddresses = [
  ...Object.values(networkInterfaces()).flatMap((each = []) =>
    each.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
  ),
  ...(process.platform === 'linux' ? ['127.0.0.2'] : []),
];

test('neither the relay nor its SQS can be reached from other machines', async () => {
  const server = await listen(async () => ({ status: 200, body: '' }));
  const sqs = await startLocalSqs();
  for (const address of otherAddresses) {
    for (const url of [server.url, sqs.endpoint]) {
      await expect(fetch(url.replace('127.0.0.1', address))).rejects.toThrow('fetch failed');
    }
  }
  await sqs.stop();
  await server.stop();
});
