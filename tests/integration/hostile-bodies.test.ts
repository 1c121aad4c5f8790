import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { mapValue } from '../../lib/cli/commands/map-command.ts';
import type { LocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { parseJson } from '../../lib/runtime/json.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import { startTestIngest } from '../support/ingest.ts';
import { DEFAULT_MAPPING } from '../support/mapping-settings.ts';
import { receiveAll } from '../support/receive-all.ts';
import { startTestRelay, type TestRelay, TOKEN } from '../support/relay.ts';

/** Nothing here is about pacing. */
const UNPACED = { RATE_LIMIT_REQUESTS: '200000' };

const MIB = 1024 * 1024;

const eventWith = (messageId: string, userId = messageId) => ({
  type: 'track',
  userId,
  event: 'Order Completed',
  messageId,
});
const neighbour = eventWith('neighbour');
const neighbourText = JSON.stringify(neighbour);

const post = (relay: TestRelay, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${relay.url}/segment`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });

async function expectCounts(response: Response, counts: { accepted?: number; deadLettered?: number }) {
  expect(await response.json()).toMatchObject({ accepted: 0, deadLettered: 0, skipped: 0, ...counts });
  expect(response.status).toBe(200);
}

const receiveDeadLetters = (relay: TestRelay) => receiveAll(relay.queues.connect(), relay.queues.deadLetters);

/** What was posted, as far as the dead letter holds it. */
const bytesOf = ({ body, attributes }: ReceivedMessage) =>
  attributes['encoding'] === 'base64' ? Buffer.from(body, 'base64') : Buffer.from(body);

/** The one dead letter, as a person reads it, and the posted bytes. */
async function receiveOnlyDeadLetter(relay: TestRelay) {
  const deadLetters = await receiveDeadLetters(relay);
  expect(deadLetters).toHaveLength(1);
  const [deadLetter] = deadLetters;
  if (deadLetter === undefined) throw new Error('there is no dead letter');
  const { reason, detail, encoding, failure = '{}' } = deadLetter.attributes;
  return { reason, detail, encoding, failure: JSON.parse(failure), bytes: bytesOf(deadLetter) };
}

/** Of all that was posted, these have arrived. */
async function expectArrived(relay: TestRelay, messageIds: readonly string[]): Promise<void> {
  const { operations } = await relay.drained();
  expect(operations.map(({ messageId }) => messageId).sort()).toEqual(messageIds.toSorted());
}

describe('gzip', () => {
  test('32 MB of zeros are one dead letter with the compressed bytes, and the next request is served', async () => {
    const relay = await startTestRelay();
    const bomb = gzipSync(Buffer.alloc(32 * MIB));
    await expectCounts(await post(relay, bomb, { 'content-encoding': 'gzip' }), { deadLettered: 1 });
    await expectCounts(await post(relay, gzipSync(neighbourText), { 'content-encoding': 'gzip' }), {
      accepted: 1,
    });
    await expectArrived(relay, ['neighbour']);
    const { reason, detail, bytes } = await receiveOnlyDeadLetter(relay);
    expect({ reason, detail }).toEqual({
      reason: 'too_large',
      detail: expect.stringContaining('decompresses to more than'),
    });
    expect(bytes.equals(bomb)).toBe(true);
  });

  test('512 MB of zeros do not become 512 MB of memory', async () => {
    const relay = await startTestRelay();
    // Gzip's members may stand one after the other, and mean their contents one after the other.
    const bomb = Buffer.concat(Array(16).fill(gzipSync(Buffer.alloc(32 * MIB))));
    const before = process.resourceUsage().maxRSS;
    await expectCounts(await post(relay, bomb, { 'content-encoding': 'gzip' }), { deadLettered: 1 });
    const grownKib = process.resourceUsage().maxRSS - before;
    expect(grownKib).toBeLessThan(256 * 1024);
    expect((await receiveOnlyDeadLetter(relay)).bytes.equals(bomb)).toBe(true);
  });

  test('what ends too early is a dead letter with its bytes, what is no gzip is taken for what it is', async () => {
    const relay = await startTestRelay();
    const gzip = { 'content-encoding': 'gzip' };
    const cut = gzipSync(neighbourText).subarray(0, 40);
    await expectCounts(await post(relay, cut, gzip), { deadLettered: 1 });
    await expectCounts(await post(relay, neighbourText, gzip), { accepted: 1 });
    await expectArrived(relay, ['neighbour']);
    const { reason, bytes } = await receiveOnlyDeadLetter(relay);
    expect(reason).toBe('unparseable');
    expect(bytes.equals(cut)).toBe(true);
  });
});

const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const trackWith = (property: string, userId = '7') =>
  `{"type":"track","userId":"${userId}","event":"Seen","messageId":"m1","properties":{"value":${property}}}`;

/** Elements of an array that are not events, or none that can be used. */
const unusable: Record<string, { element: string | Buffer; reason: string; detail: RegExp; base64?: true }> =
  {
    'properties 100,000 deep': {
      element: trackWith(deep(100_000)),
      reason: 'invalid_event',
      detail: /more than 64 levels/,
    },
    'properties 100,000 deep, of a type that is unknown': {
      element: trackWith(deep(100_000)).replace('track', 'unknown'),
      reason: 'invalid_event',
      detail: /the type is unknown/,
    },
    'arrays 100,000 deep instead of an event': {
      element: deep(100_000),
      reason: 'invalid_event',
      detail: /must be a JSON object/,
    },
    'a comma that is missing': {
      element: '{"type":"track" "userId":"7"}',
      reason: 'unparseable',
      detail: /not valid JSON at position 16/,
    },
    'a word': { element: 'undefined', reason: 'unparseable', detail: /not valid JSON/ },
    null: { element: 'null', reason: 'invalid_event', detail: /must be a JSON object, but this is null/ },
    'bytes that are not UTF-8': {
      element: Buffer.from(trackWith('"\xe9\xff"'), 'latin1'),
      reason: 'unparseable',
      detail: /not valid UTF-8/,
      base64: true,
    },
    'a surrogate as if it were UTF-8': {
      element: Buffer.concat([
        Buffer.from('{"type":"track","userId":"'),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from('"}'),
      ]),
      reason: 'unparseable',
      detail: /not valid UTF-8/,
      base64: true,
    },
    'control characters': {
      element: trackWith('"\u0000\u0001\u001f"'),
      reason: 'unparseable',
      detail: /not valid JSON/,
      base64: true,
    },
    'U+FFFF in what is no JSON': {
      element: '{"type":"track","\uffff\ufffe"}',
      reason: 'unparseable',
      detail: /not valid JSON/,
      base64: true,
    },
    'an emoji in what is no JSON': {
      element: '{"type":"😀",}',
      reason: 'unparseable',
      detail: /not valid JSON/,
      base64: true,
    },
    'keys of every object': {
      element: '{"__proto__":{"type":"track","userId":"7","event":"Seen"},"constructor":1}',
      reason: 'invalid_event',
      detail: /type is missing/,
    },
  };

describe('an element that cannot be used', () => {
  test.each(Object.entries(unusable))(
    '%s: it is a dead letter with its bytes, its neighbours arrive',
    async (_what, { element, reason, detail, base64 }) => {
      const relay = await startTestRelay();
      const [before, after] = [eventWith('before'), eventWith('after')].map((event) => JSON.stringify(event));
      const array = [Buffer.from(`[${before},`), Buffer.from(element), Buffer.from(`,${after}]`)];
      await expectCounts(await post(relay, Buffer.concat(array)), { accepted: 2, deadLettered: 1 });
      await expectArrived(relay, ['before', 'after']);
      const deadLetter = await receiveOnlyDeadLetter(relay);
      expect(deadLetter).toMatchObject({
        reason,
        detail: expect.stringMatching(detail),
        encoding: base64 && 'base64',
      });
      expect(deadLetter.bytes.equals(Buffer.from(element))).toBe(true);
    },
  );

  test('an array that is cut off: what came whole arrives, the rest is a dead letter', async () => {
    const relay = await startTestRelay();
    await expectCounts(await post(relay, `[${neighbourText},{"type":"track","userId":"7","ev`), {
      accepted: 1,
      deadLettered: 1,
    });
    await expectArrived(relay, ['neighbour']);
    expect(await receiveOnlyDeadLetter(relay)).toMatchObject({
      reason: 'unparseable',
      bytes: Buffer.from('{"type":"track","userId":"7","ev'),
    });
  });

  test('an event that SQS cannot hold is cut, and says what it was', async () => {
    const relay = await startTestRelay();
    const large = trackWith(`"${'x'.repeat(2 * MIB)}"`);
    await expectCounts(await post(relay, `[${large},${neighbourText}]`), { accepted: 1, deadLettered: 1 });
    await expectArrived(relay, ['neighbour']);
    const { reason, encoding, failure, bytes } = await receiveOnlyDeadLetter(relay);
    expect({ reason, encoding }).toEqual({ reason: 'too_large', encoding: 'base64' });
    expect(failure.original).toEqual({ bytes: large.length, sha256: hash('sha256', large) });
    expect(bytes.length).toBeGreaterThan(MIB / 2);
    expect(large.startsWith(bytes.toString())).toBe(true);
  });

  test('not one of 1,000 takes a neighbour along', async () => {
    const relay = await startTestRelay(UNPACED);
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    const broken = numbers.map((number) => `{"number":${number},}`);
    const events = numbers.map((number) => eventWith(`m${number}`));
    const body = `[${numbers.map((number) => `${broken[number]},${JSON.stringify(events[number])}`).join()}]`;
    await expectCounts(await post(relay, body), { accepted: 500, deadLettered: 500 });
    await expectArrived(
      relay,
      events.map(({ messageId }) => messageId),
    );
    const deadLetters = await receiveDeadLetters(relay);
    expect(deadLetters.map((deadLetter) => deadLetter.body).sort()).toEqual(broken.toSorted());
  });
});

/** Events that are strange, but can be used: what arrives is what the mapping makes of them. */
const strange: Record<string, string> = {
  'U+FFFE and U+FFFF as they are': trackWith('"\ufffe and \uffff"', 'user \uffff'),
  'U+FFFF as an escape': trackWith('"\\uffff"'),
  'an emoji as it is': trackWith('"😀"', '😀'),
  'an emoji as an escape': trackWith('"\\ud83d\\ude00"'),
  'a lone surrogate in a property': trackWith('"\\ud800 and \\udc00"'),
  'a lone surrogate as userId': trackWith('1', '\\ud800'),
  'control characters as escapes': trackWith('"\\u0000\\u0001\\u001f\\u007f"', '\\u0000'),
  'DEL and the C1 controls as they are': trackWith('"\u007f\u0080\u009f"'),
  'a byte order mark': `\ufeff${trackWith('1')}`,
  'a __proto__ of its own': '{"type":"track","userId":"7","event":"Seen","__proto__":{"userId":"8"}}',
  'a __proto__ in properties': trackWith('{"__proto__":{"polluted":true},"constructor":{"name":"x"}}'),
  'a __proto__ as name and id': trackWith('"__proto__"', '__proto__'),
  'keys of every object': trackWith('{"toString":1,"hasOwnProperty":2,"__defineGetter__":3}'),
  'numbers that no double holds': trackWith('[12345678901234567890,1e999,-0]'),
  '64 levels': trackWith(deep(62)),
};

describe('an event that is strange, but can be used', () => {
  test.each(Object.entries(strange))('%s arrives', async (_what, text) => {
    const relay = await startTestRelay();
    await expectCounts(await post(relay, text), { accepted: 1 });
    const mapped = mapValue(parseJson(text.replace(/^\ufeff/, '')), DEFAULT_MAPPING);
    const { operations } = await relay.drained();
    expect(operations.length).toBeGreaterThan(0);
    // These events have no time of their own, so that of their acceptance stands in its place.
    const timeless = operations.map(({ created_at: _, ...operation }) => operation);
    expect(JSON.stringify(timeless)).toBe(JSON.stringify('operations' in mapped && mapped.operations));
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('an array of 4,000 events, the most that Segment sends', () => {
  const messageIds = Array.from({ length: 4_000 }, (_, index) => `m${index}`);

  test('of 4,000 users: every one arrives, once', async () => {
    const relay = await startTestRelay(UNPACED);
    const events = messageIds.map((messageId) => eventWith(messageId));
    await expectCounts(await relay.postSigned(events), { accepted: 4_000 });
    await expectArrived(relay, messageIds);
  });

  test('of one user: every one is queued before the deadline, in order', async () => {
    const ingest = await startTestIngest();
    const events = messageIds.map((messageId) => eventWith(messageId, 'one user'));
    await expectCounts(await ingest.post(events), { accepted: 4_000 });
    const queued = await messagesIn(ingest.queues);
    expect(queued.map(({ body }) => JSON.parse(body).messageId)).toEqual(messageIds);
    expect(new Set(queued.map(({ messageGroupId }) => messageGroupId)).size).toBe(1);
  });
});

const inspection = v.object({
  messages: v.object({ ready: v.array(v.object({ body: v.string(), messageGroupId: v.string() })) }),
});

/** What waits in the main queue, in order: to receive 4,000 messages of one group takes 4,000 receives. */
async function messagesIn({ endpoint, main }: LocalSqs) {
  const name = main.url.split('/').at(-1);
  const response = await fetch(`${endpoint}/_fauxqs/queues/${name}`);
  return v.parse(inspection, await response.json()).messages.ready;
}
