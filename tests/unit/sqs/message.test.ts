import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { parseEvent } from '../../../lib/segment/event.ts';
import { toEventMessage } from '../../../lib/sqs/message.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const track: JsonObject = {
  type: 'track',
  messageId: 'm1',
  userId: 'u1',
  anonymousId: 'a1',
  event: 'Order Completed',
  timestamp: '2026-01-02T03:04:05.678Z',
  sentAt: '2026-01-02T03:04:06Z',
  receivedAt: '2026-01-02T03:04:07Z',
};

/** Random numbers that never occur twice. */
let drawn = 0;
const random = () => ++drawn / 2 ** 32;

function messageOf(value: JsonObject) {
  const parsed = parseEvent(value);
  if (parsed.kind !== 'event') throw new Error('That is no event.');
  return toEventMessage(
    { text: JSON.stringify(value), value, event: parsed.event },
    { now: NOW, trace: 'Root=1-abc', random },
  );
}

const idOf = (value: JsonObject) => messageOf(value).deduplicationId;
const groupOf = (value: JsonObject) => messageOf(value).groupId;
const without = (value: JsonObject, ...keys: string[]): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));

test('a message carries the event as it is, when it was accepted, and its trace', () => {
  expect(messageOf(track)).toMatchObject({
    body: JSON.stringify(track),
    attributes: { version: '1', acceptedAt: '2026-01-02T03:04:05.678Z' },
    traceHeader: 'Root=1-abc',
  });
});

describe('two events are one', () => {
  test.each<[string, JsonObject]>([
    ['sent again', { ...track, sentAt: '2026-01-02T05:00:00Z' }],
    ['received again', { ...track, receivedAt: null }],
    ['without the times of sending', without(track, 'sentAt', 'receivedAt')],
  ])('if the second is the first, %s', (_, again) => {
    expect(idOf(again)).toBe(idOf(track));
  });

  test('if they have no messageId, but all the same content and a timestamp', () => {
    const unnamed = without(track, 'messageId');
    expect(idOf({ ...unnamed, sentAt: null })).toBe(idOf(unnamed));
  });
});

describe('two events are two', () => {
  test.each<[string, JsonObject]>([
    ['other content', { ...track, event: 'Order Refunded' }],
    ['another user', { ...track, userId: 'u2' }],
    ['another timestamp', { ...track, timestamp: '2026-01-02T03:04:05.679Z' }],
    ['another messageId', { ...track, messageId: 'm2' }],
    ['one trait more', { ...track, context: { traits: { plan: 'pro' } } }],
  ])('with %s, even if the messageId is the same', (_, other) => {
    expect(idOf(other)).not.toBe(idOf(track));
  });

  test.each<[string, JsonObject]>([
    ['missing', without(track, 'messageId', 'timestamp')],
    ['empty', { ...track, messageId: '', timestamp: '' }],
    ['null', { ...track, messageId: null, timestamp: null }],
  ])('if messageId and timestamp are %s, whatever else they have in common', (_, value) => {
    expect(idOf(value)).not.toBe(idOf(value));
  });
});

describe('the group', () => {
  test("is the user's, whichever call it is and whatever else it says", () => {
    const others: JsonObject[] = [
      { type: 'identify', userId: 'u1' },
      { type: 'group', userId: 'u1', groupId: 'g1' },
      { type: 'alias', userId: 'u1', previousId: 'old' },
      { ...track, anonymousId: 'a2' },
    ];
    for (const other of others) expect(groupOf(other)).toBe(groupOf(track));
    expect(groupOf({ ...track, userId: 'u2' })).not.toBe(groupOf(track));
  });

  test('of a number and of its digits is one', () => {
    expect(groupOf({ ...track, userId: 7 })).toBe(groupOf({ ...track, userId: '7' }));
  });

  test('is that of the anonymousId without a userId, and of the groupId without either', () => {
    expect(groupOf({ ...track, userId: null })).toBe(groupOf({ type: 'identify', anonymousId: 'a1' }));
    expect(groupOf({ type: 'group', groupId: 'g1' })).toBe(
      groupOf({ type: 'group', groupId: 'g1', traits: {} }),
    );
    expect(groupOf({ type: 'group', groupId: 'g1' })).not.toBe(groupOf({ type: 'group', groupId: 'g2' }));
  });

  test.each(['x'.repeat(10_000), 'Zoë 🙂', ' ', 'a b\nc', '\ud800'])(
    'and the deduplication id are such as SQS takes, whatever the id: case %#',
    (userId) => {
      // Blank ids are none, so the event needs its anonymousId.
      const { groupId, deduplicationId } = messageOf({ ...track, userId });
      for (const id of [groupId, deduplicationId]) expect(id).toMatch(/^[\w-]{1,128}$/);
    },
  );
});
