import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DeadLetter, serializeDeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { REASONS } from '../../../lib/dead-letters/reasons.ts';
import { findMessageFailure } from '../../simulation/models/sqs-service-limits.ts';

const BODY = '{"type":"track","userId":"u1"}';

const createTestDeadLetter = (changes: Partial<DeadLetter> = {}): DeadLetter => ({
  body: BODY,
  sourceId: 'sqs-message-1',
  reason: 'rejected',
  detail: 'Salesmachine answered 422: contact_uid is missing',
  status: 422,
  attempts: 2,
  deadAt: Date.UTC(2026, 0, 2),
  acceptedAt: '2026-01-01T00:00:00.000Z',
  messageId: 'm1',
  type: 'track',
  replays: 0,
  ...changes,
});

/** What SQS would say to it. */
function findSqsFailure(of: DeadLetter) {
  const { body, groupId, deduplicationId, attributes } = serializeDeadLetter(of);
  return findMessageFailure({
    MessageBody: body,
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    ),
  });
}

const parseFailure = (of: DeadLetter): unknown =>
  JSON.parse(serializeDeadLetter(of).attributes['failure'] ?? '');

test('a dead letter is the event as it was queued, and says why', () => {
  const message = serializeDeadLetter(createTestDeadLetter());
  expect(message.body).toBe(BODY);
  expect(message.attributes).toEqual({
    reason: 'rejected',
    detail: 'Salesmachine answered 422: contact_uid is missing',
    failure: '{"status":422,"attempts":2,"deadAt":"2026-01-02T00:00:00.000Z"}',
    acceptedAt: '2026-01-01T00:00:00.000Z',
    messageId: 'm1',
    type: 'track',
    version: '1',
    replays: '0',
  });
});

test('says who sent it, without letting a sender make it too long for SQS or for its readers', () => {
  const sender = {
    route: '/v1/track',
    userAgent: 'über "\\\u001b[31m'.repeat(100),
    credential: 'token 2',
    requestId: 'r1',
  };
  expect(parseFailure(createTestDeadLetter({ sender }))).toMatchObject({
    sender: { ...sender, userAgent: expect.stringMatching(/^ ber "\\ \[31m[ -~]{88}$/) },
  });
  expect(findSqsFailure(createTestDeadLetter({ sender }))).toBeUndefined();
});

test('its detail has no control characters, and 256 characters at most', () => {
  const { attributes } = serializeDeadLetter(createTestDeadLetter({ detail: `a\u0000b${'x'.repeat(300)}` }));
  expect(attributes['detail']).toBe(`a b${'x'.repeat(253)}`);
});

test('what is not known of a dead letter is left out: SQS takes no empty attribute', () => {
  const unknown = { status: undefined, messageId: undefined, type: '', detail: ' \n' };
  const { attributes } = serializeDeadLetter(createTestDeadLetter(unknown));
  expect(Object.keys(attributes)).toEqual(['reason', 'failure', 'acceptedAt', 'version', 'replays']);
  expect(parseFailure(createTestDeadLetter(unknown))).toEqual({
    attempts: 2,
    deadAt: '2026-01-02T00:00:00.000Z',
  });
});

describe('a dead letter has an id of its own', () => {
  const idOf = (changes: Partial<DeadLetter>) => {
    const { groupId, deduplicationId } = serializeDeadLetter(createTestDeadLetter(changes));
    expect(groupId).toBe(deduplicationId);
    return groupId;
  };

  test('so that one written twice is one, whatever was found out the second time', () => {
    expect(idOf({ deadAt: 0, attempts: 9, reason: 'too_large', detail: 'else' })).toBe(idOf({}));
  });

  test('so that two of one user are two, and so are those of one event after a replay', () => {
    expect(idOf({ sourceId: 'sqs-message-2' })).not.toBe(idOf({}));
    expect(idOf({ replays: 1 })).not.toBe(idOf({}));
  });
});

describe('a body that SQS cannot hold is kept as base64, with the size and hash of the whole', () => {
  const LARGE = 'é'.repeat(600_000);

  test.each<[string, string | Buffer]>([
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['bytes that happen to be text', Buffer.from(BODY)],
    ['a control character', '{"name":"\u0000"}'],
    ['U+FFFF', '{"name":"\uffff"}'],
  ])('%s', (_, body) => {
    const message = serializeDeadLetter(createTestDeadLetter({ body }));
    expect(Buffer.from(message.body, 'base64')).toEqual(Buffer.from(body));
    expect(message.attributes).toMatchObject({ encoding: 'base64', reason: 'rejected' });
    expect(parseFailure(createTestDeadLetter({ body }))).toMatchObject({
      status: 422,
      original: { bytes: Buffer.from(body).length, sha256: createHash('sha256').update(body).digest('hex') },
    });
    expect(findSqsFailure(createTestDeadLetter({ body }))).toBeUndefined();
  });

  test('and cut to fit, if it is too long', () => {
    const bytes = Buffer.from(LARGE);
    const kept = Buffer.from(serializeDeadLetter(createTestDeadLetter({ body: LARGE })).body, 'base64');
    expect(kept.equals(bytes.subarray(0, kept.length))).toBe(true);
    expect(kept.length).toBeGreaterThan(780_000);
    expect(parseFailure(createTestDeadLetter({ body: LARGE }))).toMatchObject({
      original: { bytes: 1_200_000 },
    });
    expect(findSqsFailure(createTestDeadLetter({ body: LARGE }))).toBeUndefined();
  });

  test('but not one that just fits with its attributes', () => {
    const attributesBytes = Object.entries(serializeDeadLetter(createTestDeadLetter()).attributes).reduce(
      (sum, [name, value]) => sum + name.length + 'String'.length + value.length,
      0,
    );
    const fits = 'x'.repeat(1_048_576 - attributesBytes);
    expect(serializeDeadLetter(createTestDeadLetter({ body: fits })).body).toBe(fits);
    expect(findSqsFailure(createTestDeadLetter({ body: fits }))).toBeUndefined();
    expect(serializeDeadLetter(createTestDeadLetter({ body: `${fits}x` })).attributes).toHaveProperty(
      'encoding',
    );
  });

  test('but not one that only looks dangerous', () => {
    const body = '\t{"accent":"é","escaped":"\\u0000","last":"\ufffd"}\r\n';
    expect(serializeDeadLetter(createTestDeadLetter({ body }))).toMatchObject({ body });
    expect(serializeDeadLetter(createTestDeadLetter({ body })).attributes).not.toHaveProperty('encoding');
  });
});

test('SQS takes every dead letter, whatever the event holds', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 });
  const anything = fc.record({
    body: fc.oneof(
      text.filter((body) => body !== ''),
      fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('\ud800', '\ufffe', '\u0001'),
    ),
    sourceId: text,
    reason: fc.constantFrom(...REASONS),
    detail: fc.oneof(text, fc.constantFrom('\u0000', '🙂'.repeat(300), `${'x'.repeat(255)}🙂`)),
    status: fc.option(fc.integer(), { nil: undefined }),
    messageId: fc.option(text, { nil: undefined }),
    type: fc.option(text, { nil: undefined }),
  });
  fc.assert(
    fc.property(anything, (changes) => {
      const of = createTestDeadLetter(changes);
      expect(findSqsFailure(of)).toBeUndefined();
      expect(Object.keys(serializeDeadLetter(of).attributes).length).toBeLessThanOrEqual(10);
    }),
  );
});
