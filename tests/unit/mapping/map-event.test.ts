import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type MappingSettings, mapEvent, skipCause } from '../../../lib/mapping/map-event.ts';
import type { Json, JsonObject } from '../../../lib/runtime/json.ts';
import { parseEvent, type SegmentEvent } from '../../../lib/segment/event.ts';

const defaults: MappingSettings = { anonymousContacts: 'keep', alias: 'single' };

function fixtures(folder: 'valid' | 'skipped') {
  const directory = new URL(`../../fixtures/mapping/${folder}/`, import.meta.url);
  return readdirSync(directory).map((name) => {
    const { rule, settings, event, ...expected } = JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
    return { name, rule, settings: { ...defaults, ...settings }, event, ...expected };
  });
}

function parse(value: Json): SegmentEvent {
  const parsed = parseEvent(value);
  if (parsed.kind !== 'event') throw new Error(`The event of this test is ${parsed.kind}.`);
  return parsed.event;
}

function track(fields: JsonObject): SegmentEvent {
  return parse({ type: 'track', userId: 'u1', event: 'Ran', ...fields });
}

describe('a mapped event', () => {
  test.each(fixtures('valid'))('$rule', ({ event, settings, operations }) => {
    expect(skipCause(parse(event), settings)).toBeUndefined();
    expect(mapEvent(parse(event), settings)).toEqual(operations);
  });

  test('writes its items in the order of the documented example', () => {
    const event = track({
      messageId: 'm2',
      timestamp: '2026-01-02T03:04:05.678Z',
      properties: { revenue: 9.5 },
    });
    expect(JSON.stringify(mapEvent(event, defaults))).toBe(
      '[{"method":"event","contact_uid":"u1","event_uid":"ran","params":{"display_name":"Ran","revenue":9.5},' +
        '"created_at":"2026-01-02T03:04:05.678Z","messageId":"m2"}]',
    );
  });

  test('has no half surrogate pair anywhere', () => {
    const half = '\ud800';
    const fields = {
      userId: half,
      messageId: half,
      groupId: half,
      previousId: half,
      name: half,
      event: half,
    };
    const attributes = { [half]: half, list: [half], account_uid: half, firstName: half, url: half };
    for (const type of ['identify', 'track', 'page', 'group', 'alias']) {
      const operations = mapEvent(
        parse({ type, ...fields, traits: attributes, properties: attributes, context: { ip: half } }),
        defaults,
      );
      expect(operations.length).toBeGreaterThan(0);
      expect(JSON.stringify(operations)).not.toMatch(/\\ud800/i);
    }
  });

  test('takes __proto__ for the name of a property', () => {
    const event = parse(
      JSON.parse('{"type":"track","userId":"u1","event":"Ran","properties":{"__proto__":1}}'),
    );
    expect(JSON.stringify(mapEvent(event, defaults))).toContain(
      '"params":{"display_name":"Ran","__proto__":1}',
    );
  });

  test('is left as it was', () => {
    const event = track({ properties: { account_uid: ['a'], display_name: '', nested: { a: 1 } } });
    const before = structuredClone(event);
    mapEvent(event, defaults);
    expect(event).toEqual(before);
  });

  test('without any user is an error, never nothing', () => {
    const event: SegmentEvent = { type: 'track', event: 'Ran', properties: {}, context: {} };
    expect(() => mapEvent(event, defaults)).toThrow('The track event has neither userId nor anonymousId.');
  });
});

describe('a skipped event', () => {
  test.each(fixtures('skipped'))('$rule', ({ event, settings, skipped }) => {
    const parsed = parseEvent(event);
    if (parsed.kind === 'event') {
      expect(skipCause(parsed.event, settings)).toBe(skipped);
      expect(mapEvent(parsed.event, settings)).toEqual([]);
    } else {
      expect(parsed).toEqual({ kind: 'skipped', cause: skipped });
    }
  });
});

test.each([...fixtures('valid'), ...fixtures('skipped')])(
  '$name is named after its rule',
  ({ name, rule }) => {
    expect(name).toBe(
      `${rule
        .toLowerCase()
        .match(/[a-z0-9]+/g)
        .join('-')}.json`,
    );
  },
);
