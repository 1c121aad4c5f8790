import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checkEvent, mapEvent } from '../../../lib/mapping/map-event.ts';
import { toOperations } from '../../../lib/mapping/operations.ts';
import type { Json, JsonObject } from '../../../lib/runtime/json.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import type { SegmentEvent } from '../../../lib/segment/event.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const defaults = DEFAULT_MAPPING;

function fixtures(folder: 'valid' | 'skipped') {
  const directory = new URL(`../../fixtures/mapping/${folder}/`, import.meta.url);
  return readdirSync(directory).map((name) => {
    const { rule, settings, event, ...expected } = JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
    return { name, rule, settings: { ...defaults, ...settings }, event, ...expected };
  });
}

function operationsOf(value: Json): Operation[] {
  const mapped = mapEvent(value, defaults);
  if (mapped.kind !== 'operations') throw new Error(`The event of this test is ${mapped.kind}.`);
  return mapped.operations;
}

const track = (fields: JsonObject): JsonObject => ({ type: 'track', userId: 'u1', event: 'Ran', ...fields });

describe('a mapped event', () => {
  test.each(fixtures('valid'))('$rule', ({ event, settings, acceptedAt, operations }) => {
    const mapped = mapEvent(event, settings, acceptedAt);
    expect(mapped).toEqual({ kind: 'operations', event: expect.anything(), operations });
    expect(checkEvent(event, settings).kind).toBe('event');
  });

  test('writes its items in the order of the documented example', () => {
    const event = track({
      messageId: 'm2',
      timestamp: '2026-01-02T03:04:05.678Z',
      properties: { revenue: 9.5 },
    });
    expect(JSON.stringify(operationsOf(event))).toBe(
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
      const operations = operationsOf({
        type,
        ...fields,
        previousId: `${half}2`,
        traits: attributes,
        properties: attributes,
        context: { ip: half },
      });
      expect(operations.length).toBeGreaterThan(0);
      expect(JSON.stringify(operations)).not.toMatch(/\\ud800/i);
    }
  });

  test('takes __proto__ for the name of a property', () => {
    const event = JSON.parse('{"type":"track","userId":"u1","event":"Ran","properties":{"__proto__":1}}');
    expect(JSON.stringify(operationsOf(event))).toContain('"params":{"display_name":"Ran","__proto__":1}');
  });

  test('is left as it was', () => {
    const event = track({ properties: { account_uid: ['a'], display_name: '', nested: { a: 1 } } });
    const before = structuredClone(event);
    operationsOf(event);
    expect(event).toEqual(before);
  });

  test('without any user is an error, never nothing', () => {
    const event: SegmentEvent = {
      type: 'track',
      event: 'Ran',
      properties: {},
      context: {},
      messageId: undefined,
      userId: undefined,
      anonymousId: undefined,
      timestamps: [],
    };
    expect(() => toOperations(event, defaults)).toThrow(
      'The track event has neither userId nor anonymousId.',
    );
  });
});

describe('a skipped event', () => {
  test.each(fixtures('skipped'))('$rule', ({ event, settings, skipped }) => {
    expect(mapEvent(event, settings)).toEqual({ kind: 'skipped', cause: skipped });
    expect(checkEvent(event, settings)).toEqual({ kind: 'skipped', cause: skipped });
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
