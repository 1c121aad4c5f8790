import { expect, test } from '@jest/globals';
import { type LogFields, pickKnownFields } from '../../../lib/telemetry/log-fields.ts';

/** As the compiler does not see it: fields that came from elsewhere. */
const from = (fields: Record<string, unknown>): LogFields => ({ ...fields });

test('a field that is not in the table is dropped, and its neighbours stay', () => {
  const fields = from({
    accepted: 3,
    email: 'anna@example.com',
    traits: { name: 'Anna' },
    cause: 'rotation',
  });
  expect(pickKnownFields(fields)).toEqual({ accepted: 3, cause: 'rotation' });
});

test.each<[string, Record<string, unknown>]>([
  ['a text where a number belongs', { accepted: 'anna@example.com' }],
  ['a number that is none', { durationMs: Number.NaN }],
  ['a sentence where a word belongs', { cause: 'anna said so' }],
  ['an address where a word belongs', { error: 'anna@example.com' }],
  ['an endless word', { reason: 'x'.repeat(65) }],
  ['an object', { outcome: { name: 'Anna' } }],
  ['a text where a flag belongs', { more: 'yes' }],
  ['one id instead of a list', { messageIds: 'anna@example.com' }],
])('%s is dropped', (_, fields) => {
  expect(pickKnownFields({ ...from(fields), events: 1 })).toEqual({ events: 1 });
});

test('message ids are at most a hundred, and each is one that may be logged', () => {
  const ids = Array.from({ length: 101 }, (_, index) => `user-${index}@example.com`);
  const { messageIds = [] } = pickKnownFields({ messageIds: ids });
  expect(messageIds).toHaveLength(100);
  expect(messageIds.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
});

test('what is wrong with the settings stays one line', () => {
  expect(pickKnownFields({ problem: 'The settings\ncannot be used' })).toEqual({
    problem: 'The settings cannot be used',
  });
});

test.each(['anna lib/a.ts:1:2', 'lib/a.ts:1:2 anna', 'anna'])(
  'what is no frame of the relay is dropped from a stack: %s',
  (frame) => {
    expect(pickKnownFields({ stack: [frame, 'lib/b.ts:3:4'] })).toEqual({ stack: ['lib/b.ts:3:4'] });
  },
);

test('a key of every object is none of the table', () => {
  expect(pickKnownFields(from(JSON.parse('{"__proto__":{"cause":"x"},"constructor":"x"}')))).toEqual({});
});

test('every kind of field is shown as it is', () => {
  const fields: LogFields = {
    path: '/v1/track',
    mayBeDuplicated: true,
    more: false,
    accepted: 0,
    problem: 'Salesmachine answered 422: the plan is missing',
    stack: ['lib/mapping/flatten.ts:57:12'],
    messageIds: ['ajs-next-1700000000000-123e4567-e89b-42d3-a456-426614174000'],
  };
  expect(pickKnownFields(fields)).toEqual(fields);
  expect(Object.keys(pickKnownFields(fields))).toHaveLength(7);
});

test('what is no place in the code is no frame, and what is no text is no id', () => {
  const stack = ['lib/a.ts:1:2', 'anna@example.com', 7, 'lib/anna smith.ts:1:2', 'lib/a.ts:1:2 anna'];
  expect(pickKnownFields(from({ stack }))).toEqual({ stack: ['lib/a.ts:1:2'] });
  expect(pickKnownFields(from({ stack: 'lib/a.ts:1:2' }))).toEqual({});
  const { messageIds } = pickKnownFields(from({ messageIds: ['a1', 7, null] }));
  expect(messageIds).toHaveLength(1);
});

test('a sentence is one line of a thousand characters at most', () => {
  const { problem = '' } = pickKnownFields({ problem: 'a \t\n b'.padEnd(2_000, 'x') });
  expect(problem).toBe('a b'.padEnd(1_000, 'x'));
});

test('a text of digits is no number', () => {
  expect(pickKnownFields(from({ accepted: '7', status: Number.POSITIVE_INFINITY }))).toEqual({});
});
