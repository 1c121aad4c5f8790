import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mapEvent } from '../../../lib/mapping/map-event.ts';
import { traceProvenance } from '../../../lib/mapping/provenance.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const map = (event: JsonObject) => {
  const mapped = mapEvent(event, DEFAULT_MAPPING);
  return mapped.kind === 'operations' ? mapped.operations : [];
};

const track = (fields: JsonObject): JsonObject => ({ type: 'track', userId: 'u', event: 'Ran', ...fields });

/** The paths that a field is made of. */
function findOrigins(event: JsonObject, name: string): string[] | undefined {
  const field = traceProvenance(event, map)
    .fields.flat()
    .find((each) => each.name === name);
  return field?.origins?.map(({ path }) => path.join('.'));
}

describe('a field is made of', () => {
  test('what it changes with', () => {
    const event = track({
      properties: { plan: 'pro', n: 1, yes: true, no: false, list: ['a'] },
      messageId: 'm',
    });
    expect(traceProvenance(event, map)).toEqual({
      fields: [
        [
          { name: 'method', value: 'event', origins: [] },
          { name: 'contact_uid', value: 'u', origins: [{ path: ['userId'], value: 'u' }] },
          { name: 'event_uid', value: 'ran', origins: [{ path: ['event'], value: 'Ran' }] },
          { name: 'params.display_name', value: 'Ran', origins: [{ path: ['event'], value: 'Ran' }] },
          { name: 'params.plan', value: 'pro', origins: [{ path: ['properties', 'plan'], value: 'pro' }] },
          { name: 'params.n', value: 1, origins: [{ path: ['properties', 'n'], value: 1 }] },
          { name: 'params.yes', value: true, origins: [{ path: ['properties', 'yes'], value: true }] },
          { name: 'params.no', value: false, origins: [{ path: ['properties', 'no'], value: false }] },
          { name: 'params.list', value: 'a', origins: [{ path: ['properties', 'list'], value: ['a'] }] },
          { name: 'messageId', value: 'm', origins: [{ path: ['messageId'], value: 'm' }] },
        ],
      ],
      unused: [['type']],
    });
  });

  test('a value that is what other values are changed into', () => {
    expect(findOrigins(track({ properties: { plan: 'x' } }), 'params.plan')).toEqual(['properties.plan']);
    expect(findOrigins(track({ properties: { list: ['x'] } }), 'params.list')).toEqual(['properties.list']);
  });

  test('several of the event, where it needs them all', () => {
    const event = { type: 'identify', userId: 'u', traits: { firstName: 'Ada', lastName: 'L' } };
    expect(findOrigins(event, 'params.name')).toEqual(['traits.firstName', 'traits.lastName']);
  });

  test('a part of a text', () => {
    const event = { type: 'group', groupId: 'g', traits: { website: 'https://globex.example/en' } };
    expect(findOrigins(event, 'params.domain')).toEqual(['traits.website']);
  });

  test('what was null or blank, only where it says nothing itself', () => {
    const event = track({
      properties: { gone: null, account_uid: '', display_name: ' ' },
      context: { groupId: 'g' },
    });
    expect(findOrigins(event, 'params.gone')).toEqual(['properties.gone']);
    expect(findOrigins(event, 'params.account_uid')).toEqual(['context.groupId']);
    expect(findOrigins(event, 'params.display_name')).toEqual(['event']);
  });

  test('a key called __proto__', () => {
    const event = JSON.parse('{"type":"track","userId":"u","event":"Ran","properties":{"__proto__":7}}');
    expect(findOrigins(event, 'params.__proto__')).toEqual(['properties.__proto__']);
  });
});

test('of a very large event the origins are not known, and not looked for', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, index) => [`key${index}`, 'a value']),
  );
  let asked = 0;
  const { fields, unused } = traceProvenance(track({ properties }), (event) => {
    asked += 1;
    return map(event);
  });
  expect(asked).toBe(1);
  expect(unused).toBeUndefined();
  expect(fields.flat()).toContainEqual({ name: 'params.key7', value: 'a value', origins: undefined });
});

test('of an event that cannot be mapped nothing is made, and all of it is unused', () => {
  const event = { type: 'track', userId: 'u', properties: { a: 1 } };
  expect(traceProvenance(event, map)).toEqual({
    fields: [],
    unused: [['type'], ['userId'], ['properties', 'a']],
  });
});

describe('every value', () => {
  const directory = new URL('../../fixtures/mapping/valid/', import.meta.url);
  const constants = [/^method$/, /^event_uid$/];

  test.each(readdirSync(directory))('of %s is accounted for', (name) => {
    const fixture: { event: JsonObject } = JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
    const { fields } = traceProvenance(fixture.event, map);
    const unaccounted = fields.flat().filter(({ origins = [] }) => origins.length === 0);
    expect(unaccounted.filter(({ name: field }) => !constants.some((each) => each.test(field)))).toEqual([]);
  });

  test('of any traits comes from its own trait, and no trait that says something is left out', () => {
    const key = fc.string({ minLength: 1, unit: 'grapheme-ascii' }).filter((text) => text !== 'account_uid');
    const said = fc.oneof(
      fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
      fc.integer(),
      fc.boolean(),
    );
    const traits = fc.dictionary(key, fc.oneof(said, fc.dictionary(key, said)));
    fc.assert(
      fc.property(traits, (values) => {
        const event = JSON.parse(JSON.stringify({ type: 'identify', userId: 'u', traits: values }));
        const { fields, unused } = traceProvenance(event, map);
        expect(unused).toEqual([['type']]);
        for (const { value, origins = [] } of fields
          .flat()
          .filter(({ name }) => name.startsWith('params.'))) {
          if (origins.length === 1) expect(origins[0]?.value).toEqual(value);
        }
      }),
    );
  });
});
