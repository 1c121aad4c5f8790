import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Json, type JsonObject, parseJson } from '../../../lib/runtime/json.ts';
import { parseEvent } from '../../../lib/segment/event.ts';

const track: JsonObject = { type: 'track', userId: 'u1', event: 'Order Completed' };
const identify: JsonObject = { type: 'identify', userId: 'u1' };
const group: JsonObject = { type: 'group', userId: 'u1', groupId: 'g1' };
const alias: JsonObject = { type: 'alias', userId: 'u1', previousId: 'old' };

const detailOf = (value: Json) => {
  const parsed = parseEvent(value);
  return parsed.kind === 'invalid' ? parsed.detail : parsed;
};

const eventOf = (value: Json) => {
  const parsed = parseEvent(value);
  return parsed.kind === 'event' ? parsed.event : parsed;
};

const nestArrays = (depth: number): Json => parseJson('[ '.repeat(depth) + ']'.repeat(depth));

describe('an event that can be used', () => {
  test('is read with its ids, its time and its context', () => {
    const context = { ip: '8.8.8.8' };
    const ids = { messageId: 'm1', userId: 'u1', anonymousId: 'a1' };
    const timestamp = '2026-01-02T03:04:05.678901234+01:00';
    const event = {
      ...ids,
      context,
      type: 'track',
      event: 'Signed Up',
      properties: { plan: 'pro' },
    };
    expect(parseEvent({ ...event, timestamp, channel: 'server', version: 2, unknown: [1] })).toEqual({
      kind: 'event',
      event: { ...event, timestamps: [timestamp] },
    });
  });

  test.each<[string, JsonObject, object]>([
    [
      'identify',
      { ...identify, traits: { a: 1 } },
      { type: 'identify', userId: 'u1', context: {}, timestamps: [], traits: { a: 1 } },
    ],
    [
      'identify with the empty list that PHP makes of an empty object',
      { ...identify, traits: [] },
      { type: 'identify', userId: 'u1', context: {}, timestamps: [], traits: {} },
    ],
    [
      'page',
      { type: 'page', anonymousId: 'a' },
      { type: 'page', anonymousId: 'a', context: {}, timestamps: [], properties: {} },
    ],
    ['group', group, { type: 'group', userId: 'u1', groupId: 'g1', context: {}, timestamps: [], traits: {} }],
    [
      'group without a user',
      { type: 'group', groupId: 'g1' },
      { type: 'group', groupId: 'g1', context: {}, timestamps: [], traits: {} },
    ],
    ['alias', alias, { type: 'alias', userId: 'u1', previousId: 'old', context: {}, timestamps: [] }],
  ])('is read: %s', (_, source, event) => {
    expect(eventOf(source)).toEqual(event);
  });

  test('of type alias survives as its anonymousId if it has no userId', () => {
    expect(eventOf({ type: 'alias', anonymousId: 'a1', previousId: 'old' })).toMatchObject({ userId: 'a1' });
  });

  test.each<[Json, string]>([
    ['7', '7'],
    [7, '7'],
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [1e21, '1000000000000000000000'],
    [' u 1 ', ' u 1 '],
    ['undefined behaviour', 'undefined behaviour'],
    ['\ud800', '\ud800'],
    ['x'.repeat(10_000), 'x'.repeat(10_000)],
  ])('has %p as a userId exactly', (id, userId) => {
    expect(eventOf({ ...track, userId: id })).toMatchObject({ userId });
    expect(eventOf({ ...group, groupId: id })).toMatchObject({ groupId: userId });
    expect(eventOf({ ...alias, previousId: id })).toMatchObject({ previousId: userId });
    expect(eventOf({ ...track, messageId: id })).toMatchObject({ messageId: userId });
  });

  test('has the integer past 2^53 that was sent as its id', () => {
    expect(eventOf(parseJson('{"type":"identify","userId":9007199254740993}'))).toMatchObject({
      userId: '9007199254740993',
    });
  });

  const nothing: Json[] = ['', null, '  ', {}, ['u1'], true];
  const placeholders = [
    'undefined',
    ' undefined ',
    'null',
    'None',
    'nil',
    '<null>',
    '(null)',
    'NaN',
    'nan',
    'Undefined',
    'NONE',
    '[object Promise]',
    '{{ user.id }}',
    '$\u007buserId}',
    '00000000000000000000000000000000',
    '{00000000-0000-0000-0000-000000000000}',
    '"undefined"',
    "'null'",
    'Optional(nil)',
    'object Object',
    '{}',
    '[]',
    '""',
    '[null]',
    '{{{user.id}}}',
    '#{user.id}',
    '<%= user.id %>',
    '{% user.id %}',
  ].concat(['[object Object]', 'true', 'False', '00000000-0000-0000-0000-000000000000']);

  test.each([...nothing, ...placeholders].map((id) => [id]))('takes %p for no id at all', (id) => {
    const event = { type: 'track', anonymousId: 'a1', event: 'Order Completed', properties: {} };
    expect(eventOf({ ...event, userId: id })).toEqual({ ...event, context: {}, timestamps: [] });
    expect(parseEvent({ ...group, groupId: id }).kind).toBe('invalid');
    expect(parseEvent({ ...alias, previousId: id }).kind).toBe('invalid');
  });

  test('keeps a placeholder as its messageId, which names no user', () => {
    for (const id of nothing)
      expect(eventOf({ ...track, messageId: id })).toHaveProperty('messageId', undefined);
    for (const id of placeholders)
      expect(eventOf({ ...track, messageId: id })).toMatchObject({ messageId: id });
  });

  test('has its times in the order of their worth, each as it was sent', () => {
    const times = { sentAt: 's', receivedAt: 1767323045678, originalTimestamp: 'o', timestamp: 't' };
    expect(eventOf({ ...track, ...times })).toHaveProperty('timestamps', ['t', 'o', '1767323045678', 's']);
    expect(eventOf({ ...track, ...times, timestamp: '', receivedAt: {} })).toHaveProperty('timestamps', [
      'o',
      's',
    ]);
    expect(eventOf({ ...track, timestamp: 1772600767.891 })).toHaveProperty('timestamps', ['1772600767.891']);
  });

  test.each<[Json | undefined, JsonObject]>([
    [undefined, {}],
    [null, {}],
    [{ a: null }, { a: null }],
    [[1, 2], { properties: [1, 2] }],
    ['text', { properties: 'text' }],
    // PHP's empty object
    [[], {}],
    [' ', {}],
    [false, { properties: false }],
    [0, { properties: 0 }],
  ])('with the properties %j loses none of them', (value, properties) => {
    expect(eventOf(value === undefined ? track : { ...track, properties: value })).toMatchObject({
      properties,
    });
  });

  test('keeps traits that are no object under the key traits', () => {
    expect(eventOf({ ...identify, traits: [1] })).toMatchObject({ traits: { traits: [1] } });
    expect(eventOf({ ...group, traits: 'x' })).toMatchObject({ traits: { traits: 'x' } });
  });

  test.each<[Json]>([[null], [[]], ['x'], [7]])('with the context %j has an empty one', (context) => {
    expect(eventOf({ ...track, context })).toMatchObject({ context: {} });
  });

  test.each(['page', 'screen'])('of type %s has a name and a category only if these are text', (type) => {
    for (const key of ['name', 'category']) {
      expect(eventOf({ type, userId: 'u1', [key]: ' Home\n' })).toHaveProperty(key, 'Home');
      for (const value of ['', ' ', null, 7, {}, ['Home']])
        expect(eventOf({ type, userId: 'u1', [key]: value })).toHaveProperty(key, undefined);
    }
  });

  test.each<[Json | undefined]>([[undefined], [null], [{}]])(
    'of type identify with the traits %j has those of its context',
    (traits) => {
      const source = {
        ...identify,
        context: { traits: { plan: 'pro' } },
        ...(traits !== undefined && { traits }),
      };
      expect(eventOf(source)).toMatchObject({ traits: { plan: 'pro' } });
      expect(eventOf({ ...source, traits: { a: 1 } })).toHaveProperty('traits', { a: 1 });
      expect(eventOf({ ...source, context: { traits: 'x' } })).toHaveProperty('traits', {});
      expect(eventOf({ ...group, context: source.context })).toHaveProperty('traits', {});
    },
  );

  test('may be 64 levels deep', () => {
    expect(eventOf({ ...track, properties: { list: nestArrays(62) } })).toMatchObject({ type: 'track' });
  });

  test('may have the keys __proto__ and constructor', () => {
    const text =
      '{"type":"identify","userId":"u1","__proto__":{"userId":"x"},"traits":{"__proto__":{"a":1},"constructor":1}}';
    const event = eventOf(parseJson(text));
    expect(event).toMatchObject({ type: 'identify', userId: 'u1' });
    expect(JSON.stringify(event)).toContain('"traits":{"__proto__":{"a":1},"constructor":1}');
    expect({}).not.toHaveProperty('a');
  });
});

describe('an event that cannot be used says why', () => {
  const types = 'it must be one of identify, track, page, screen, group, alias, delete';

  test.each<[Json, string]>([
    [null, 'an event must be a JSON object, but this is null'],
    [[track], 'an event must be a JSON object, but this is an array'],
    ['track', 'an event must be a JSON object, but this is a string'],
    [7, 'an event must be a JSON object, but this is a number'],
    [{}, 'an event needs a type, but type is missing'],
    [{ ...track, type: null }, 'an event needs a type, but type is null'],
    [{ ...track, type: 7 }, 'an event needs a type, but type is a number'],
    [{ ...track, type: 'Track' }, 'the type must be written "track"'],
    [{ ...track, type: ' delete ' }, 'the type must be written "delete"'],
    [{ ...track, type: 'constructor' }, `the type is unknown: ${types}`],
    [{ ...track, type: 'Anna' }, `the type is unknown: ${types}`],
    [{ ...track, type: '' }, `the type is unknown: ${types}`],
    [{ ...track, type: 'anna@example.com' }, `the type is unknown: ${types}`],
    [{ type: 'identify' }, 'the event has no user: userId is missing, anonymousId is missing'],
    [
      { ...track, userId: '', anonymousId: { id: 1 } },
      'the event has no user: userId is empty, anonymousId is an object',
    ],
    [{ ...track, userId: true }, 'the event has no user: userId is a boolean, anonymousId is missing'],
    [
      { ...track, userId: ' undefined ' },
      'the event has no user: userId is the placeholder "undefined", anonymousId is missing',
    ],
    [{ type: 'page', userId: null }, 'the event has no user: userId is null, anonymousId is missing'],
    [{ type: 'alias', previousId: 'p' }, 'the event has no user: userId is missing, anonymousId is missing'],
    [{ type: 'track', userId: 'u1' }, 'a track event needs a name, but event is missing'],
    [{ ...track, event: ' ' }, 'a track event needs a name, but event is empty'],
    [{ ...track, event: 7 }, 'a track event needs a name, but event is a number'],
    [{ ...track, event: null }, 'a track event needs a name, but event is null'],
    [{ ...group, groupId: null }, 'a group event needs a groupId, but groupId is null'],
    [{ type: 'group', userId: 'u1' }, 'a group event needs a groupId, but groupId is missing'],
    [{ ...alias, previousId: '' }, 'an alias event needs a previousId, but previousId is empty'],
    [{ ...track, properties: { list: nestArrays(63) } }, 'the event is nested more than 64 levels deep'],
  ])('case %#: %j', (value, detail) => {
    expect(detailOf(value)).toBe(detail);
  });

  test('even if it is nested 100,000 levels deep', () => {
    expect(detailOf({ ...track, context: nestArrays(100_000) })).toBe(
      'the event is nested more than 64 levels deep',
    );
  });
});

describe('the events found in public', () => {
  const folder = new URL('../../fixtures/events/', import.meta.url);
  const events = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file): Json[] => [parseJson(readFileSync(new URL(file, folder), 'utf8'))].flat());

  test('are all read, each as what it is', () => {
    const kinds = Map.groupBy(events.map(parseEvent), (parsed) => {
      return parsed.kind === 'invalid' ? `invalid: ${parsed.detail.split(/[:,]/)[0]}` : parsed.event.type;
    });
    expect(Object.fromEntries([...kinds].map(([kind, { length }]) => [kind, length]))).toEqual({
      identify: 335,
      track: 439,
      page: 37,
      group: 48,
      alias: 8,
      screen: 7,
      'invalid: the type is unknown': 5,
      'invalid: an event needs a type': 80,
      'invalid: the event has no user': 580,
      'invalid: a track event needs a name': 72,
      'invalid: a group event needs a groupId': 13,
      'invalid: an alias event needs a previousId': 2,
    });
  });
});
