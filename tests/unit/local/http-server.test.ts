import { expect, test } from '@jest/globals';
import { listen } from '../../../lib/local/http-server.ts';

test('a client may keep its connection idle for over a minute', async () => {
  const server = await listen(async () => ({ status: 200, body: '' }));
  const response = await fetch(server.url);
  await response.text();
  await server.stop();
  const [, seconds] = /timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(60);
});
