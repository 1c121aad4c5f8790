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

const nested = (depth: number): Json => parseJson('[ '.repeat(depth) + ']'.repeat(depth));

describe('an event that can be used', () => {
  test('is read with its ids, its time and its context', () => {
    const context = { ip: '8.8.8.8' };
    const ids = { messageId: 'm1', userId: 'u1', anonymousId: 'a1' };
    const timestamp = '2026-01-02T03:04:05.678901234+01:00';
    const event = {
      ...ids,
      timestamp,
      context,
      type: 'track',
      event: 'Signed Up',
      properties: { plan: 'pro' },
    };
    expect(parseEvent({ ...event, channel: 'server', version: 2, unknown: [1] })).toEqual({
      kind: 'event',
      event,
    });
  });

  test.each<[string, JsonObject, object]>([
    [
      'identify',
      { ...identify, traits: { a: 1 } },
      { type: 'identify', userId: 'u1', context: {}, traits: { a: 1 } },
    ],
    [
      'page',
      { type: 'page', anonymousId: 'a' },
      { type: 'page', anonymousId: 'a', context: {}, properties: {} },
    ],
    ['group', group, { type: 'group', userId: 'u1', groupId: 'g1', context: {}, traits: {} }],
    [
      'group without a user',
      { type: 'group', groupId: 'g1' },
      { type: 'group', groupId: 'g1', context: {}, traits: {} },
    ],
    ['alias', alias, { type: 'alias', userId: 'u1', previousId: 'old', context: {} }],
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
    ['null', 'null'],
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

  test.each<[Json]>([[''], [null], ['  '], [{}], [['u1']], [true]])('takes %p for no id at all', (id) => {
    expect(eventOf({ ...track, userId: id, messageId: id, anonymousId: 'a1' })).toEqual({
      type: 'track',
      anonymousId: 'a1',
      event: 'Order Completed',
      context: {},
      properties: {},
    });
  });

  test.each<[string, JsonObject, string | undefined]>([
    ['timestamp', { timestamp: 'a', originalTimestamp: 'b' }, 'a'],
    ['originalTimestamp where there is no timestamp', { timestamp: '', originalTimestamp: 'b' }, 'b'],
    ['a number as its digits', { timestamp: 1767323045678 }, '1767323045678'],
    ['nothing where neither is usable', { timestamp: {}, originalTimestamp: null }, undefined],
    ['nothing from sentAt or receivedAt', { sentAt: 'a', receivedAt: 'b' }, undefined],
  ])('takes its time from %s', (_, times, timestamp) => {
    expect(eventOf({ ...track, ...times })).toEqual({
      ...track,
      context: {},
      properties: {},
      ...(timestamp && { timestamp }),
    });
  });

  test.each<[Json | undefined, JsonObject]>([
    [undefined, {}],
    [null, {}],
    [{ a: null }, { a: null }],
    [[1, 2], { properties: [1, 2] }],
    ['text', { properties: 'text' }],
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

  test('of type page has a name only if that is text', () => {
    const page: JsonObject = { type: 'page', userId: 'u1' };
    expect(eventOf({ ...page, name: 'Home' })).toHaveProperty('name', 'Home');
    for (const name of ['', ' ', null, 7, {}, ['Home']])
      expect(eventOf({ ...page, name })).not.toHaveProperty('name');
  });

  test('may be 64 levels deep', () => {
    expect(eventOf({ ...track, properties: { list: nested(62) } })).toMatchObject({ type: 'track' });
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
  const types = 'it must be one of identify, track, page, group, alias, screen, delete';

  test.each<[Json, string]>([
    [null, 'an event must be a JSON object, but this is null'],
    [[track], 'an event must be a JSON object, but this is an array'],
    ['track', 'an event must be a JSON object, but this is a string'],
    [7, 'an event must be a JSON object, but this is a number'],
    [{}, 'an event needs a type, but type is missing'],
    [{ ...track, type: null }, 'an event needs a type, but type is null'],
    [{ ...track, type: 7 }, 'an event needs a type, but type is a number'],
    [{ ...track, type: 'Track' }, `the type "Track" is unknown: ${types}`],
    [{ ...track, type: 'constructor' }, `the type "constructor" is unknown: ${types}`],
    [{ ...track, type: '' }, `the type is unknown: ${types}`],
    [{ ...track, type: 'anna@example.com' }, `the type is unknown: ${types}`],
    [{ type: 'identify' }, 'the event has no user: userId is missing, anonymousId is missing'],
    [
      { ...track, userId: '', anonymousId: { id: 1 } },
      'the event has no user: userId is empty, anonymousId is an object',
    ],
    [{ ...track, userId: true }, 'the event has no user: userId is a boolean, anonymousId is missing'],
    [{ type: 'page', userId: null }, 'the event has no user: userId is null, anonymousId is missing'],
    [{ type: 'alias', previousId: 'p' }, 'the event has no user: userId is missing, anonymousId is missing'],
    [{ type: 'track', userId: 'u1' }, 'a track event needs a name, but event is missing'],
    [{ ...track, event: ' ' }, 'a track event needs a name, but event is empty'],
    [{ ...track, event: 7 }, 'a track event needs a name, but event is a number'],
    [{ ...track, event: null }, 'a track event needs a name, but event is null'],
    [{ ...group, groupId: null }, 'a group event needs a groupId, but groupId is null'],
    [{ type: 'group', userId: 'u1' }, 'a group event needs a groupId, but groupId is missing'],
    [{ ...alias, previousId: '' }, 'an alias event needs a previousId, but previousId is empty'],
    [{ ...track, properties: { list: nested(63) } }, 'the event is nested more than 64 levels deep'],
  ])('case %#: %j', (value, detail) => {
    expect(detailOf(value)).toBe(detail);
  });

  test('even if it is nested 100,000 levels deep', () => {
    expect(detailOf({ ...track, context: nested(100_000) })).toBe(
      'the event is nested more than 64 levels deep',
    );
  });
});

describe('an event that is not meant for Salesmachine is skipped', () => {
  const skipped = (cause: string) => ({ kind: 'skipped', cause });

  test.each<[JsonObject, string]>([
    [{ type: 'screen', userId: 'u1', name: 'Main' }, 'screen'],
    [{ type: 'delete', userId: 'u1' }, 'delete'],
    [{ type: 'screen' }, 'screen'],
    [{ type: 'delete', properties: nested(100) }, 'delete'],
    [{ ...track, integrations: { All: true, Salesmachine: false } }, 'integrations'],
    [{ type: 'unknown', integrations: { Salesmachine: false } }, 'integrations'],
    [{ type: 'screen', integrations: { Salesmachine: false } }, 'integrations'],
  ])('case %#', (value, cause) => {
    expect(parseEvent(value)).toEqual(skipped(cause));
  });

  test.each<[Json]>([
    [{ All: false }],
    [{ Salesmachine: true }],
    [{ Salesmachine: 'false' }],
    [{ Salesmachine: null }],
    [{ Salesmachine: 0 }],
    [{ Salesmachine: {} }],
    [{ salesmachine: false }],
    [[]],
    [null],
    [false],
  ])('but not for the integrations %j', (integrations) => {
    expect(parseEvent({ ...track, integrations })).toMatchObject({ kind: 'event' });
  });
});

describe('the events found in public', () => {
  const folder = new URL('../../fixtures/events/', import.meta.url);
  const events = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file): Json[] => [parseJson(readFileSync(new URL(file, folder), 'utf8'))].flat());

  test('are all read, each as what it is', () => {
    const kinds = Map.groupBy(events.map(parseEvent), (parsed) => {
      if (parsed.kind === 'skipped') return `skipped: ${parsed.cause}`;
      return parsed.kind === 'invalid' ? `invalid: ${parsed.detail.split(/[:,]/)[0]}` : parsed.event.type;
    });
    expect(Object.fromEntries([...kinds].map(([kind, { length }]) => [kind, length]))).toEqual({
      identify: 335,
      track: 439,
      page: 37,
      group: 48,
      alias: 8,
      'skipped: delete': 5,
      'skipped: screen': 11,
      'invalid: an event needs a type': 80,
      'invalid: the event has no user': 576,
      'invalid: a track event needs a name': 72,
      'invalid: a group event needs a groupId': 13,
      'invalid: an alias event needs a previousId': 2,
    });
  });
});
