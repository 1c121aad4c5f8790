import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DeadLetter, deadLetterId, serializeDeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { type DeadLetterFilter, matchesFilter } from '../../../lib/dead-letters/dead-letter-filter.ts';
import { REASONS } from '../../../lib/dead-letters/reasons.ts';
import { parseDeadLetter } from '../../../lib/dead-letters/stored-dead-letter.ts';
import type { OutgoingMessage } from '../../../lib/sqs/message.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import { createDeadLetter, DEAD_LETTERED_AT } from '../../support/dead-letter-fixtures.ts';

const SENT_AT = DEAD_LETTERED_AT + 5_000;

/** The message as it comes back from the queue. */
const receive = (
  { body, groupId, attributes }: Pick<OutgoingMessage, 'body' | 'groupId' | 'attributes'>,
  changes: Partial<ReceivedMessage> = {},
): ReceivedMessage => ({
  sqsMessageId: 'sqs-message-9',
  receiptHandle: 'receipt',
  body,
  groupId,
  sentAt: SENT_AT,
  receiveCount: 1,
  attributes,
  ...changes,
});

const store = (deadLetter: DeadLetter, changes?: Partial<ReceivedMessage>) =>
  parseDeadLetter(receive(serializeDeadLetter(deadLetter), changes));

describe('a body that is stored as base64', () => {
  const inBytes = (body: string) => store(createDeadLetter(7, { body: Buffer.from(body) }));

  test('can be replayed when it is whole, as the text that it is', () => {
    const text = '{"type":"track","userId":"u1","broken"';
    expect(inBytes(text)).toMatchObject({ replayable: true, message: { body: text } });
  });

  test('is replayed with escapes that mean the same where a queue would refuse its characters', () => {
    expect(inBytes('{"a":"😀\uFFFF"}')).toMatchObject({
      replayable: true,
      message: { body: '{"a":"\\ud83d\\ude00\\uffff"}' },
    });
  });

  test.each([
    ['it is no text', Buffer.of(0xff, 0xfe)],
    ['it holds control characters', Buffer.from('{"a":"\u0000"}')],
    ['it was cut', 'x'.repeat(1_048_577)],
  ])('cannot be replayed where %s', (_, body) => {
    expect(store(createDeadLetter(7, { body }))).toMatchObject({ replayable: false });
  });
});

describe('a dead letter that is read back', () => {
  test('says all that was written', () => {
    const sender = { route: '/segment', userAgent: 'Segment.io/1.0', credential: 'shared secret 1' };
    expect(store(createDeadLetter(7, { attempts: 3, replays: 2, sender }))).toMatchObject({
      sender,
      id: deadLetterId('origin 7', 2),
      reason: 'rejected',
      detail: 'Salesmachine answered 422',
      status: 422,
      attempts: 3,
      deadAt: DEAD_LETTERED_AT,
      acceptedAt: createDeadLetter(7).acceptedAt,
      messageId: 'm7',
      type: 'track',
      version: '1',
      replays: 2,
      replayable: true,
    });
  });

  test('says of any dead letter what was written, whatever the event was', () => {
    const deadLetters = fc.record({
      body: fc.string({ minLength: 1, unit: 'grapheme' }),
      origin: fc.string(),
      reason: fc.constantFrom(...REASONS),
      detail: fc.stringMatching(/^[a-z][a-z ]{0,200}[a-z]$/),
      status: fc.option(fc.integer({ min: 200, max: 599 }), { nil: undefined }),
      attempts: fc.nat(),
      deadAt: fc.integer({ min: 0, max: DEAD_LETTERED_AT }),
      acceptedAt: fc.constant('2026-01-01T00:00:00.000Z'),
      messageId: fc.constant('m1'),
      type: fc.constant('track'),
      replays: fc.nat(9),
    });
    fc.assert(
      fc.property(deadLetters, ({ body, origin, status, ...said }) => {
        const deadLetter = store({ body, sourceId: origin, status, ...said });
        expect(deadLetter).toMatchObject({ ...said, id: deadLetterId(origin, said.replays) });
        expect(deadLetter.status).toBe(status);
        const encoding = deadLetter.replayable ? 'utf8' : 'base64';
        expect(Buffer.from(deadLetter.message.body, encoding).toString()).toBe(body);
      }),
    );
  });

  test('of a body that SQS could not hold, says its size and hash, and that it cannot be replayed', () => {
    const deadLetter = store(
      createDeadLetter(1, { body: Buffer.from([0, 255, 1]), messageId: undefined, type: undefined }),
    );
    expect(deadLetter).toMatchObject({ replayable: false, original: { bytes: 3 } });
    expect(deadLetter.original?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(deadLetter).not.toHaveProperty('type');
  });

  test('says type and messageId as the event does where the attributes lack them', () => {
    const deadLetter = store(createDeadLetter(4, { messageId: undefined, type: undefined }));
    expect(deadLetter).toMatchObject({ messageId: 'm4', type: 'track' });
    const typed = store(createDeadLetter(4, { messageId: undefined, type: 'page' }));
    expect(typed).toMatchObject({ messageId: 'm4', type: 'page' });
    const untyped = store(createDeadLetter(4, { messageId: 'other', type: undefined }));
    expect(untyped).toMatchObject({ messageId: 'other', type: 'track' });
  });

  test.each(['not JSON', '[]', 'null', '{"messageId":null,"type":{}}'])(
    'has no type where the event has none: %s',
    (body) => {
      const deadLetter = store(createDeadLetter(4, { body, messageId: undefined, type: undefined }));
      expect(deadLetter).not.toHaveProperty('type');
      expect(deadLetter).not.toHaveProperty('messageId');
    },
  );
});

describe('a message that SQS itself moved to the dead letters', () => {
  const attributes = { version: '1', acceptedAt: '2026-01-01T00:00:00.000Z' };
  const { body } = createDeadLetter(3);

  test('is a dead letter whose reason is the receive limit, and whose id is its own', () => {
    const deadLetter = parseDeadLetter(receive({ body: String(body), groupId: 'user 3', attributes }));
    expect(deadLetter).toMatchObject({
      id: 'sqs-message-9',
      reason: 'receive_limit',
      attempts: 0,
      deadAt: SENT_AT,
      acceptedAt: '2026-01-01T00:00:00.000Z',
      messageId: 'm3',
      type: 'track',
      replays: 0,
      replayable: true,
    });
    expect(deadLetter.detail).toContain('received as often as the queue allows');
  });

  test('has the first format, unless it says another', () => {
    const read = (version: Record<string, string>) =>
      parseDeadLetter(receive({ body: String(body), groupId: 'user 3', attributes: version })).version;
    expect(read({})).toBe('1');
    expect(read({ version: '2' })).toBe('2');
  });

  test('tells a messageId that is a number', () => {
    const numbered = receive({ body: '{"type":"track","messageId":7}', groupId: 'user 3', attributes });
    expect(parseDeadLetter(numbered)).toMatchObject({ messageId: '7', type: 'track' });
  });

  test('keeps count of its replays', () => {
    const deadLetter = parseDeadLetter(
      receive({ body: String(body), groupId: 'user 3', attributes: { ...attributes, replays: '2' } }),
    );
    expect(deadLetter.replays).toBe(2);
  });

  test('does not die of what it died of before, though the console left that on it', () => {
    const deadLetter = store(createDeadLetter(3, { replays: 1 }), { wasRedriven: true });
    expect(deadLetter).toMatchObject({
      id: 'sqs-message-9',
      reason: 'receive_limit',
      deadAt: SENT_AT,
      replays: 1,
    });
    expect(deadLetter).not.toHaveProperty('status');
  });
});

test.each(['', 'nonsense', '{}', '{"attempts":"two"}', '{"attempts":1,"deadAt":"yesterday"}'])(
  'a dead letter whose failure reads %j died when it was written',
  (failure) => {
    const message = serializeDeadLetter(createDeadLetter(1));
    const deadLetter = parseDeadLetter(
      receive({ ...message, attributes: { ...message.attributes, failure } }),
    );
    expect(deadLetter).toMatchObject({ reason: 'rejected', attempts: 0, deadAt: SENT_AT });
  },
);

describe('a filter', () => {
  const deadLetter = store(createDeadLetter(7));
  const invalid = store(createDeadLetter(8, { reason: 'invalid_event', type: 'page' }));

  const cases: [says: string, DeadLetterFilter, ofLetter: boolean, ofInvalid: boolean][] = [
    ['nothing', {}, true, true],
    ['one reason', { reasons: ['rejected'] }, true, false],
    ['several reasons', { reasons: ['rejected', 'invalid_event'] }, true, true],
    ['no reason at all', { reasons: [] }, false, false],
    ['the same cause with other numbers', { detail: 'Salesmachine answered 400' }, true, true],
    ['another cause', { detail: 'Salesmachine answered' }, false, false],
    ['a type', { types: ['page'] }, false, true],
    ['an id', { ids: [deadLetter.id] }, true, false],
    ['since the moment they died', { since: DEAD_LETTERED_AT }, true, true],
    ['since after they died', { since: DEAD_LETTERED_AT + 1 }, false, false],
    ['until the moment they died', { until: DEAD_LETTERED_AT }, false, false],
    ['until after they died', { until: DEAD_LETTERED_AT + 1 }, true, true],
    ['a user', { user: 'user 7' }, true, false],
    ['a messageId', { messageId: 'm8' }, false, true],
    ['two things, both true', { user: 'user 7', types: ['track'] }, true, false],
    ['two things, one untrue', { user: 'user 7', types: ['page'] }, false, false],
  ];
  test.each(cases)('that says %s', (_, filter, deadLetterOf, ofInvalid) => {
    expect(matchesFilter(deadLetter, filter)).toBe(deadLetterOf);
    expect(matchesFilter(invalid, filter)).toBe(ofInvalid);
  });

  test('knows what has no type as unknown', () => {
    const untyped = store(createDeadLetter(1, { body: '[]', type: undefined }));
    expect(matchesFilter(untyped, { types: ['unknown'] })).toBe(true);
    expect(matchesFilter(deadLetter, { types: ['unknown'] })).toBe(false);
  });

  test.each([
    ['userId', '{"userId":"u1","anonymousId":"a1"}', 'u1'],
    ['anonymousId', '{"userId":"u1","anonymousId":"a1"}', 'a1'],
    ['numeric userId', '{"userId":42}', '42'],
    ['userId past 2^53', '{"userId":9007199254740993}', '9007199254740993'],
  ])('knows a user by the %s', (_, body, user) => {
    const theirs = store(createDeadLetter(1, { body }));
    expect(matchesFilter(theirs, { user })).toBe(true);
    expect(matchesFilter(theirs, { user: 'null' })).toBe(false);
  });

  test.each(['not JSON', '{"userId":null}', '{}'])('finds no user in %s', (body) => {
    const theirs = store(createDeadLetter(1, { body }));
    expect(matchesFilter(theirs, { user: 'null' })).toBe(false);
    expect(matchesFilter(theirs, { user: 'undefined' })).toBe(false);
  });
});
