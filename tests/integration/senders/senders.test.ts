import { request } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { createLambdaContext } from '../../../lib/local/aws/lambda-context.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { sign } from '../../../lib/segment/signature.ts';
import { startTestIngest } from '../../support/ingest.ts';
import { receiveAll } from '../../support/receive-all.ts';
import { SHARED_SECRET, startTestRelay, type TestRelay, TOKEN } from '../../support/relay.ts';

const eventText = (messageId = 'm') =>
  `{"type":"track","userId":"u","event":"E","messageId":"${messageId}","timestamp":"2026-03-04T05:06:07.891Z"}`;
const bearer = { authorization: `Bearer ${TOKEN}` };

const answerWith = (count: number) => ({ accepted: count, deadLettered: 0, skipped: 0 });

const post = (relay: TestRelay, path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${relay.url}${path}`, {
    method: 'POST',
    headers: { ...bearer, ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });

describe('paths', () => {
  test.each(['/v1/import/', '/segment/', '//v1/batch', '/v1//track//', '/segment?source=java'])(
    'an event that is posted to %s arrives',
    async (path) => {
      const relay = await startTestRelay();
      const response = await post(relay, path, eventText());
      expect([response.status, await response.json()]).toEqual([200, answerWith(1)]);
      expect((await relay.drained()).events).toMatchObject([{ messageId: 'm' }]);
    },
  );

  test.each<[string, string, number, string]>([
    ['POST', '/segments', 404, 'not_found'],
    ['POST', '/v1', 404, 'not_found'],
    ['POST', '/', 404, 'not_found'],
    ['GET', '/segment/', 405, 'method_not_allowed'],
    ['PUT', '/v1/track', 405, 'method_not_allowed'],
  ])('%s %s is answered %d, in words that every SDK reads', async (method, path, status, code) => {
    const relay = await startTestRelay();
    const response = await fetch(`${relay.url}${path}`, { method, headers: bearer });
    const { message, ...rest } = JSON.parse(await response.text());
    expect([response.status, rest]).toEqual([status, { code, error: message }]);
    expect(message).toMatch(/\w/);
    expect(response.headers.get('allow') !== null).toBe(status === 405);
  });

  test.each<[string, Partial<APIGatewayProxyEventV2>, string]>([
    ['an API mapping', { routeKey: 'POST /segment', rawPath: '/hooks/segment' }, '$default'],
    ['a named stage', { routeKey: 'POST /segment', rawPath: '/prod/segment' }, 'prod'],
    [
      'an API mapping, with a slash at the end',
      { routeKey: 'ANY /{proxy+}', rawPath: '/hooks/v1/track/', pathParameters: { proxy: 'v1/track/' } },
      '$default',
    ],
  ])('an event that comes behind %s is queued', async (_, changes, stage) => {
    const { invoke, queued } = await startTestIngest();
    const http = { method: 'POST', path: '', protocol: 'HTTP/1.1', sourceIp: '', userAgent: '' };
    const ids = {
      accountId: '',
      apiId: '',
      domainName: 'events.example.com',
      domainPrefix: '',
      requestId: '',
    };
    const event: APIGatewayProxyEventV2 = {
      version: '2.0',
      routeKey: '',
      rawPath: '',
      rawQueryString: '',
      headers: bearer,
      body: eventText(),
      isBase64Encoded: false,
      requestContext: { ...ids, http, routeKey: '', stage, time: '', timeEpoch: 0 },
      ...changes,
    };
    const response = await invoke(event, createLambdaContext('ingest', 8_000, systemClock));
    expect(response).toMatchObject({ statusCode: 200, body: JSON.stringify(answerWith(1)) });
    expect(await queued()).toMatchObject([{ body: eventText() }]);
  });
});

describe('bodies', () => {
  const lines = [1, 2, 3].map((number) => eventText(`m${number}`));
  const contentEncoding = (encoding: string) => ({ 'content-encoding': encoding });

  test.each<[string, string | Buffer, Record<string, string>, number]>([
    ['with a Content-Encoding that is none', eventText(), contentEncoding('UTF-8'), 1],
    ['that a gateway has decompressed', eventText(), contentEncoding('gzip'), 1],
    ['that is compressed without saying so', gzipSync(eventText()), {}, 1],
    ['that is compressed by deflate', deflateSync(eventText()), contentEncoding('deflate'), 1],
    ['that is compressed by Brotli', brotliCompressSync(eventText()), contentEncoding('br'), 1],
    ['of lines', `${lines.join('\n')}\n`, {}, 3],
    ['of lines, compressed', gzipSync(lines.join('\r\n')), contentEncoding('gzip'), 3],
    ['of wrapped events', `[${lines.map((line) => `{"json":${line}}`)}]`, {}, 3],
  ])('a body %s is taken for what it is', async (_, body, headers, count) => {
    const relay = await startTestRelay();
    const response = await post(relay, '/segment', body, headers);
    expect([response.status, await response.json()]).toEqual([200, answerWith(count)]);
    expect((await relay.drained()).events).toHaveLength(count);
  });

  test('what was signed and cannot be read is a dead letter, as the text that it is', async () => {
    const relay = await startTestRelay();
    const body = '{"type":"track","userId":"u","event":oops}';
    const headers = { 'x-signature': sign(body, SHARED_SECRET), 'content-encoding': 'gzip' };
    const response = await fetch(`${relay.url}/segment`, { method: 'POST', headers, body });
    expect(await response.json()).toEqual({
      ...answerWith(0),
      deadLettered: 1,
      deadLetteredBecause: { unparseable: 1 },
    });
    const [deadLetter] = await receiveAll(relay.queues.connect(), relay.queues.deadLetters);
    expect(deadLetter).toMatchObject({ body, attributes: { reason: 'unparseable' } });
    expect(deadLetter?.attributes).not.toHaveProperty('encoding');
  });
});

describe('signatures', () => {
  const batch = `[{"json":${eventText('m1')}},{"json":${eventText('m2')}}]`;
  const plain = `[${eventText('m1')},${eventText('m2')}]`;

  test.each<[string, string, string, string]>([
    ['X-Signature', "the Extensible Webhook's inner first event", batch, eventText('m1')],
    ['X-Segment-Signature', "the Extensible Webhook's events without what wraps them", batch, plain],
    ['X-Segment-Signature', 'the whole array', plain, plain],
    ['X-Segment-Signature', 'the first element', plain, eventText('m1')],
  ])('%s over %s lets a batch in', async (header, _what, body, signed) => {
    const relay = await startTestRelay();
    const headers = { [header]: sign(signed, SHARED_SECRET) };
    const response = await fetch(`${relay.url}/segment`, { method: 'POST', headers, body });
    expect([response.status, await response.json()]).toEqual([200, answerWith(2)]);
    const { events } = await relay.drained();
    expect(events.map(({ messageId }) => messageId).sort()).toEqual(['m1', 'm2']);
  });

  test.each<[string, string[]]>([
    ['X-Signature', ['0'.repeat(40), sign(eventText(), SHARED_SECRET)]],
    ['Authorization', [`Bearer ${TOKEN}`, 'Bearer another-token']],
  ])('of a header %s that comes twice, one that is right suffices', async (name, values) => {
    const relay = await startTestRelay();
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${relay.url}/segment`, { method: 'POST' });
      sent.setHeader(name, values);
      sent.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject);
      sent.end(eventText());
    });
    expect(status).toBe(200);
  });
});

test('two like events of one second in one request are delivered as two', async () => {
  const relay = await startTestRelay();
  const like = {
    type: 'track',
    userId: 'u-9',
    event: 'Add To Cart',
    timestamp: '2026-03-04T05:06:07Z',
    properties: { sku: 'A-1' },
  };
  const response = await relay.postSigned([like, like]);
  expect(await response.json()).toEqual(answerWith(2));
  expect((await relay.drained()).events).toHaveLength(2);
});

test('an event that the queue refuses for good is a dead letter that says who sent it; the others go on', async () => {
  const { queues, post: postEvents, queued, deadLetters } = await startTestIngest();
  const limit = new SetQueueAttributesCommand({
    QueueUrl: queues.main.url,
    Attributes: { MaximumMessageSize: '2048' },
  });
  await queues.connect().send(limit);
  const large = {
    type: 'track',
    userId: 'u',
    event: 'E',
    messageId: 'large',
    properties: { pad: 'x'.repeat(3_000) },
  };
  const small = { ...large, messageId: 'small', properties: {} };
  const response = await postEvents([small, large, { ...small, messageId: 'small too' }]);
  expect([response.status, await response.json()]).toEqual([
    200,
    { accepted: 2, deadLettered: 1, skipped: 0, deadLetteredBecause: { invalid_event: 1 } },
  ]);
  expect((await queued()).map(({ body }) => JSON.parse(body).messageId)).toEqual(['small', 'small too']);
  const [deadLetter] = await deadLetters();
  expect(deadLetter).toMatchObject({ body: JSON.stringify(large), attributes: { messageId: 'large' } });
  expect(JSON.parse(deadLetter?.attributes['failure'] ?? '')).toMatchObject({
    sender: { route: '/segment', credential: 'token 1', requestId: expect.stringMatching(/./) },
  });
});
