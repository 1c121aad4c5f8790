import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { parseEvent } from '../../../lib/segment/event.ts';
import { createRequestIds, parseTraceHeader, toEventMessage } from '../../../lib/sqs/message.ts';

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
  const deduplicationId = createRequestIds(random).deduplicationId(value);
  return toEventMessage(
    { text: JSON.stringify(value), event: parsed.event, deduplicationId },
    { acceptedAt: new Date(NOW).toISOString(), traceHeader: 'Root=1-abc' },
  );
}

/** In a request of its own. */
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

  test.each([
    '2026-01-02T03:04:05.678Z',
    '2026-01-02T03:04:05.000001+02:00',
    '2026-01-02T03:04:05.678:Z',
    1_772_600_767.891,
    1_772_600_767_891,
  ])('if they have no messageId, but all the same content and a precise time: %s', (timestamp) => {
    const unnamed = { ...without(track, 'messageId'), timestamp };
    expect(idOf({ ...unnamed, sentAt: null })).toBe(idOf(unnamed));
  });

  test('if only the original time is precise', () => {
    const unnamed = {
      ...without(track, 'messageId', 'timestamp'),
      originalTimestamp: '2026-01-02T03:04:05.678Z',
    };
    expect(idOf(unnamed)).toBe(idOf(unnamed));
  });

  test('if one request holds the same messageId twice', () => {
    const ids = createRequestIds(random);
    expect(ids.deduplicationId(track)).toBe(ids.deduplicationId(track));
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

  test.each([
    '2026-01-02T03:04:05Z',
    '2026-01-02T03:04:05.000Z',
    '2026-01-02',
    '2026-01-02T03:04Z',
    1_772_600_767,
    1_772_600_767_000,
    'yesterday',
  ])('if they have no messageId, and a time that a whole second shares: %s', (timestamp) => {
    const unnamed = { ...without(track, 'messageId'), timestamp };
    expect(idOf(unnamed)).not.toBe(idOf(unnamed));
  });

  test('in one request, though all of their content is the same; sent again, each is the same again', () => {
    const unnamed = without(track, 'messageId');
    const idsOf = () => {
      const ids = createRequestIds(random);
      return [1, 2, 3].map(() => ids.deduplicationId(unnamed));
    };
    expect(new Set(idsOf()).size).toBe(3);
    expect(idsOf()).toEqual(idsOf());
  });
});

describe('a dead letter is known again', () => {
  const sourceIds = (...contents: [string | Buffer, JsonObject?][]) => {
    const ids = createRequestIds(random);
    return contents.map(([text, value]) => ids.sourceId(text, value));
  };

  test('by its content, whatever it is, also if it has neither messageId nor timestamp', () => {
    for (const content of ['{"type":"tr', Buffer.of(0xff, 0x00), '7'])
      expect(sourceIds([content])).toEqual(sourceIds([content]));
    const fields = { type: 'tracks', userId: 'u1' };
    expect(sourceIds(['text', fields])).toEqual(sourceIds(['text', { ...fields, sentAt: 'later' }]));
    expect(sourceIds(['text', track])).toEqual(sourceIds(['text', { ...track, receivedAt: null }]));
  });

  test('as the first or second of its like', () => {
    const twice = sourceIds(['oops'], ['oops']);
    expect(new Set(twice).size).toBe(2);
    expect(sourceIds(['oops'], ['oops'])).toEqual(twice);
  });

  test('not for another one without fields that can be read', () => {
    expect(new Set(sourceIds(['7', {}], ['8', {}])).size).toBe(2);
    expect(sourceIds(['7', {}])).not.toEqual(sourceIds(['8', {}]));
  });
});

describe('the trace', () => {
  const root = 'Root=1-67891233-abcdef012345678912345678';

  test.each([
    root,
    `${root};Parent=53995c3f42cd8ad8;Sampled=1`,
    `Self=1-67891233-12456789abcdef012345678;${root}`.replace('Self=1-67891233-1', 'Self=1-67891233-11'),
    `${root};Sampled=?`,
    `${root};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a87bd80c:1|68fd508a:5`,
  ])('is passed on if it is well-formed: %s', (header) => {
    expect(parseTraceHeader(header)).toBe(header);
  });

  test.each([
    undefined,
    '',
    'Root=dummy;Parent=53995c3f42cd8ad8;Sampled=0',
    'Root%3D1-67891233-abcdef012345678912345678%3BSampled%3D0',
    'Sampled=1',
    `${root};Evil=1`,
    `${root} `,
    `${root}\n`,
    `${root},${root}`,
    root.slice(0, -1),
  ])('is left out if it is not: %j', (header) => {
    expect(parseTraceHeader(header)).toBeUndefined();
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
