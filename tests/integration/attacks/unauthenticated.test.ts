import { brotliCompressSync, constants, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { memoizeAsync } from '../../../lib/runtime/lazy.ts';
import { decodeBody, MAX_UNAUTHENTICATED_BYTES } from '../../../lib/segment/body.ts';
import { gzipBombs } from '../../support/attacks.ts';
import { measureCpuMs } from '../../support/cpu-time.ts';
import { SHARED_SECRET, startTestRelay, type TestRelay, TOKEN } from '../../support/relay.ts';

const plain = (messageId: string) =>
  JSON.stringify({ type: 'track', userId: 'u', event: 'Fine', messageId, timestamp: null });

const post = (relay: TestRelay, path: string, body: string | Buffer, headers: Record<string, string>) =>
  fetch(`${relay.url}${path}`, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) });

/** What a refused request may cost: a hundred plain events, and ten times what its decompression must take. */
async function measureMost(body: Buffer): Promise<number> {
  const decompressMs = await measureCpuMs(5, () => decodeBody({}, body, MAX_UNAUTHENTICATED_BYTES));
  return 100 * (await measurePlain()) + 10 * decompressMs;
}

/** The processor time of a plain event that is let in. */
const measurePlain = memoizeAsync(async () => {
  const relay = await startTestRelay();
  let made = 0;
  const send = async () => {
    const response = await post(relay, '/v1/track', plain(`plain ${++made}`), {
      authorization: `Bearer ${TOKEN}`,
    });
    expect(response.status).toBe(200);
  };
  return measureCpuMs(60, send);
});

async function measureRefused(
  relay: TestRelay,
  body: Buffer,
  headers: Record<string, string>,
): Promise<number> {
  return measureCpuMs(5, async () => {
    const response = await post(relay, '/v1/batch', body, headers);
    await response.arrayBuffer();
    expect(response.status).toBe(401);
  });
}

describe('24 KB from a stranger that decompress to megabytes cost little, whatever they hold', () => {
  test.each(Object.entries(gzipBombs))('%s', async (_, body) => {
    const relay = await startTestRelay({ SEGMENT_SHARED_SECRETS: `${SHARED_SECRET},another,third` });
    const mostMs = await measureMost(body);
    const wrong = { 'x-signature': '0'.repeat(40) };
    for (const headers of [{}, wrong, { authorization: 'Bearer wrong' }])
      expect(await measureRefused(relay, body, headers)).toBeLessThan(mostMs);
    expect(await relay.state()).toMatchObject({ deadLettered: 0 });
  });
});

test.each<[string, Buffer, Record<string, string>]>([
  ['Brotli', brotliOf(16 * 1024 * 1024), { 'content-encoding': 'br' }],
  ['gzip in gzip in gzip', gzipSync(gzipSync(gzipSync(Buffer.alloc(16 * 1024 * 1024)))), {}],
  [
    'hundreds of signatures in one header',
    Buffer.from(plain('m')),
    { 'x-signature': Array(150).fill('0'.repeat(40)).join() },
  ],
  [
    'hundreds of tokens in one header',
    Buffer.from(plain('m')),
    { authorization: Array(400).fill('Bearer wrong').join() },
  ],
])('%s from a stranger costs little', async (_, body, headers) => {
  const relay = await startTestRelay();
  const mostMs = await measureMost(body);
  expect(await measureRefused(relay, body, headers)).toBeLessThan(mostMs);
});

function brotliOf(bytes: number): Buffer {
  return brotliCompressSync(Buffer.alloc(bytes), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

test('what its sender has signed may be larger: it is decompressed once it is known who sent it', async () => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '200000' });
  const events = Array.from({ length: 80 }, (_, index) => ({
    ...JSON.parse(plain(`m${index}`)),
    userId: `u${index}`,
    properties: { pad: 'x'.repeat(100_000) },
  }));
  const body = gzipSync(JSON.stringify(events));
  expect(gunzipSync(body).length).toBeGreaterThan(6 * 1024 * 1024);
  const response = await post(relay, '/segment', body, { authorization: `Bearer ${TOKEN}` });
  expect(await response.json()).toMatchObject({ accepted: 80 });
});
