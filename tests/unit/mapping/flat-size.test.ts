import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { measureFlat } from '../../../lib/mapping/flat-size.ts';
import { flatten } from '../../../lib/mapping/flatten.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';

describe('the least that an object has once it is flat is', () => {
  test.each<[JsonObject, number]>([
    [{}, 0],
    [{ plan: 'pro' }, 'plan":pro,'.length],
    [{ a: true, b: 17, c: null }, 3 * 'a":1,'.length],
    [{ address: { city: 'Paris' } }, 'address_city":Paris,'.length],
    [{ a: { b: { c: 1 }, d: 2 } }, 'a_b_c":1,a_d":2,'.length],
    [{ tags: ['ab', 'c', null] }, 'tags":,, ab, c'.length],
    [{ items: [{ sku: 'x1', n: 2 }] }, 'items":,, sku":,x1n":,2'.length],
    [{ items: [[['ab']]] }, 'items":, , , ab,'.length],
  ])('of %j: %i characters', (object, size) => {
    expect(measureFlat(object, 1_000)).toBe(size);
  });
});

test('an object never has less once it is flat', () => {
  const object = fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
    .map((value): JsonObject => JSON.parse(JSON.stringify(value)));
  fc.assert(
    fc.property(object, (value) => {
      expect(measureFlat(value, 1e9)).toBeLessThanOrEqual(JSON.stringify(flatten(value)).length);
    }),
  );
});

test('it is not counted further than a limit', () => {
  const object = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`key${index}`, 'x'.repeat(90)]),
  );
  expect(measureFlat(object, 100)).toBeGreaterThan(100);
  expect(measureFlat(object, 100)).toBeLessThan(200);
});
