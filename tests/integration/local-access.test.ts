import { request } from 'node:http';
import { expect, test } from '@jest/globals';
import { startTestRelay, TOKEN } from '../support/relay.ts';

/** `fetch` does not let a Host be chosen. */
function send(url: string, method: string, headers: Record<string, string>): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  request(url, { method, headers }, (response) => {
    response.resume();
    resolve(response.statusCode);
  })
    .on('error', reject)
    .end(method === 'POST' ? '{"type":"track","event":"Opened","userId":"7"}' : undefined);
  return promise;
}

const authorization = `Bearer ${TOKEN}`;

test.each(['/local/state', '/local/connection', '/local/salesmachine', '/segment', '/v1/track'])(
  '%s refuses a Host that is not this machine, as in a DNS rebinding',
  async (path) => {
    const relay = await startTestRelay();
    const method = path.startsWith('/local') ? 'GET' : 'POST';
    for (const host of [
      'attacker.example',
      '127.0.0.1.attacker.example',
      'localhost.attacker.example:3000',
    ]) {
      expect(await send(`${relay.url}${path}`, method, { host, authorization })).toBe(403);
    }
    for (const host of ['127.0.0.1', 'localhost:3000', '[::1]:3000', 'LOCALHOST']) {
      expect(await send(`${relay.url}${path}`, method, { host, authorization })).toBe(200);
    }
  },
);

test('LOCAL_HOSTS lets a tunnel lead to the ingest, and to nothing else', async () => {
  const relay = await startTestRelay({ LOCAL_HOSTS: 'relay.tunnel.example, other.example' });
  const host = 'relay.tunnel.example';
  expect(await send(`${relay.url}/segment`, 'POST', { host, authorization })).toBe(200);
  expect(await send(`${relay.url}/v1/track`, 'POST', { host, authorization })).toBe(200);
  expect(await send(`${relay.url}/local/state`, 'GET', { host })).toBe(403);
  expect(await send(`${relay.url}/segmentation`, 'GET', { host })).toBe(403);
  for (const path of ['/local/state?/segment', '/local/v1/', '/local/salesmachine?to=/health'])
    expect(await send(`${relay.url}${path}`, 'GET', { host })).toBe(403);
});

test.each(['https://attacker.example', 'null', 'http://localhost:1', 'http://127.0.0.1'])(
  "the page of %s can neither read nor change what is under /local, and the relay's own page can",
  async (origin) => {
    const relay = await startTestRelay();
    expect(await send(`${relay.url}/local/state`, 'GET', { origin })).toBe(403);
    expect(await send(`${relay.url}/local/salesmachine/faults`, 'DELETE', { origin })).toBe(403);
    expect(await send(`${relay.url}/local/state`, 'GET', { origin: relay.url })).toBe(200);
    const lookalike = relay.url.replace('http://', 'http://attacker-');
    expect(await send(`${relay.url}/local/state`, 'GET', { origin: lookalike })).toBe(403);
  },
);
