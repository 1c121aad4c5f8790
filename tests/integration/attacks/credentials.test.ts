import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { startTestIngest } from '../../support/ingest.ts';
import { receiveAll } from '../../support/receive-all.ts';
import { startTestRelay, TOKEN } from '../../support/relay.ts';

const event = '{"type":"track","userId":"u","event":"E","messageId":"m"}';
const deep = `${'['.repeat(100)}${']'.repeat(100)}`;

test.each<[string, string, string | Buffer]>([
  ['a batch with a broken event', '/v1/batch', `{"batch":[${event},{oops}],"writeKey":"${TOKEN}"}`],
  [
    'a batch with a broken context',
    '/v1/batch',
    `{"batch":[${event}],"context":{oops},"writeKey":"${TOKEN}"}`,
  ],
  ['a batch that was cut in its key', '/v1/batch', `{"batch":[${event}],"writeKey":"${TOKEN}`],
  ['a single event that is broken', '/v1/track', `{"userId":"u","writeKey":"${TOKEN}",oops}`],
  ['a single event without a name', '/v1/track', `{"userId":"u","writeKey":"${TOKEN}"}`],
  [
    'a single event that is too deep',
    '/v1/track',
    `{"userId":"u","writeKey":"${TOKEN}","properties":${deep}}`,
  ],
  ['a form', '/segment', `writeKey=${TOKEN}&type=track`],
  ['bytes that are no text', '/segment', Buffer.from(`\xff${TOKEN}`, 'latin1')],
  [
    'gzip that was cut, and not compressed',
    '/segment',
    gzipSync(`${TOKEN} `.repeat(50), { level: 0 }).subarray(0, 200),
  ],
])('no credential reaches a queue with %s', async (_, path, body) => {
  const relay = await startTestRelay();
  const response = await fetch(`${relay.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: new Uint8Array(Buffer.from(body)),
  });
  expect(await response.json()).toMatchObject({ deadLettered: 1 });
  const stored = await receiveAll(relay.queues.connect(), relay.queues.deadLetters);
  const texts = stored.flatMap((message) => [
    JSON.stringify(message),
    Buffer.from(message.body, 'base64').toString('latin1'),
  ]);
  expect(texts.join()).not.toContain(TOKEN);
  expect(JSON.stringify(await relay.drained())).not.toContain(TOKEN);
});

test.each([
  ['that is queued', { type: 'track', userId: 'u', event: 'E' }],
  ['that is a dead letter', { type: 'track', event: 'E' }],
])('the write key of its source that a webhook puts into an event %s reaches no queue', async (_, fields) => {
  const ingest = await startTestIngest();
  expect((await ingest.post({ ...fields, writeKey: 'of-the-source' })).status).toBe(200);
  const stored = [...(await ingest.queued()), ...(await ingest.deadLetters())];
  expect(stored.map(({ body }) => JSON.parse(body))).toEqual([fields]);
});
