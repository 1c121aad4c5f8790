import { gzipSync } from 'node:zlib';
import { expect, jest, test } from '@jest/globals';
import { startTestIngest } from '../../support/ingest.ts';

/** Real servers, on machines that do other work as well. */
jest.setTimeout(60_000);

const repeat = (text: string, count: number) => Array(count).fill(text).join();
const fullBatch = `"batch":[${repeat('{}', 10_000)}]`;

test.each<[string, string]>([
  ['200,000 empty objects', `[${repeat('{}', 200_000)}]`],
  ['10,001 events', `[${repeat('{}', 10_001)}]`],
  ['millions of numbers', `[${repeat('0', 4_000_000)}]`],
  ['a batch of millions', `{"batch":[${repeat('0', 4_000_000)}]}`],
  ['many batches in one', `{${repeat(fullBatch, 50)}}`],
  ['a batch among millions of members', `{${repeat('"":0', 2_000_000)},"batch":[]}`],
  ['millions of lines', '0\n'.repeat(2_000_000).concat('[]\n'.repeat(2_000_000))],
  ['lines of many events each', `[${repeat('0', 9_000)}]\n`.repeat(100).concat('{')],
  ['wrapped events', `[${repeat('{"json":{}}', 200_000)}]`],
])('%s in one request are refused before any is queued', async (_, body) => {
  const { post, deadLetters, queued } = await startTestIngest();
  const response = await post(new Uint8Array(gzipSync(body)));
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({
    code: 'too_many_events',
    message: 'A request may have 10000 events at most.',
  });
  expect([...(await queued()), ...(await deadLetters())]).toEqual([]);
});
