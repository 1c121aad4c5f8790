import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { flatten } from '../../../lib/mapping/flatten.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';

/** As text, because a key `__proto__` gets lost in an object literal. */
function flatText(json: string): string {
  return JSON.stringify(flatten(JSON.parse(json)));
}

describe('flattening', () => {
  test.each([
    [
      'keeps scalars and null',
      '{"a":"x","b":1.5,"c":false,"d":null}',
      '{"a":"x","b":1.5,"c":false,"d":null}',
    ],
    ['keeps the keys that the user wrote', '{"a b":1,"c.d":2,"E":3}', '{"a b":1,"c.d":2,"E":3}'],
    ['joins nested keys', '{"a":{"b":{"c d":1},"e":null}}', '{"a_b_c d":1,"a_e":null}'],
    ['joins a list of scalars', '{"a":["x",1,true]}', '{"a":"x, 1, true"}'],
    [
      'leaves the nulls of a list out',
      '{"a":["x",null,1],"b":[null],"c":[null,{"d":null}]}',
      '{"a":"x, 1","b":"","c":"[{\\"d\\":null}]"}',
    ],
    ['makes a list of lists JSON', '{"a":[[1,2],[]]}', '{"a":"[[1,2],[]]"}'],
    ['makes a nested list of objects JSON', '{"a":{"b":[{"c":1}]}}', '{"a_b":"[{\\"c\\":1}]"}'],
    ['keeps an emptied list as the empty text', '{"a":[]}', '{"a":""}'],
    ['leaves empty objects out', '{"a":{},"b":{"c":{}},"d":1}', '{"d":1}'],
    ['lets a key of the user win over one before it', '{"a":{"b":1},"a_b":2}', '{"a_b":2,"a_b_2":1}'],
    [
      'lets a list of the user win over a joined key',
      '{"a":{"b":1},"a_b":[2,3]}',
      '{"a_b":"2, 3","a_b_2":1}',
    ],
    ['passes taken keys by', '{"a":{"b":1},"a_b":2,"a_b_2":3}', '{"a_b":2,"a_b_2":3,"a_b_3":1}'],
    [
      'keeps three values of one name',
      '{"a":{"b_c":1},"a_b":{"c":2},"a_b_c":3}',
      '{"a_b_c":3,"a_b_c_2":1,"a_b_c_3":2}',
    ],
    [
      'keeps reserved names that the user wrote',
      '{"churn_date":"x","domain":"y"}',
      '{"churn_date":"x","domain":"y"}',
    ],
    [
      'never makes a reserved name',
      '{"churn":{"mrr":1},"visit":{"url":2}}',
      '{"churn_mrr_2":1,"visit_url_2":2}',
    ],
    ['takes __proto__ for a key', '{"__proto__":1,"constructor":"x"}', '{"__proto__":1,"constructor":"x"}'],
    ['takes nested __proto__ for a key', '{"a":{"__proto__":{"b":1}}}', '{"a___proto___b":1}'],
    [
      'keeps a number that JSON cannot carry as text',
      '{"a":1e400,"b":[{"c":-1e400}]}',
      '{"a":"Infinity","b":"[{\\"c\\":\\"-Infinity\\"}]"}',
    ],
    [
      'replaces half a surrogate pair',
      '{"a":"x\\ud800","b\\udc00":1,"c":["\\ud800"]}',
      '{"a":"x\ufffd","c":"\ufffd","b\ufffd":1}',
    ],
    ['keeps keys apart that become one by mending', '{"\\ud800":1,"\\ud801":2}', '{"\ufffd":1,"\ufffd_2":2}'],
  ])('%s', (_rule, json, flat) => {
    expect(flatText(json)).toBe(flat);
  });

  test('changes no prototype', () => {
    flatten(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    expect({}).not.toHaveProperty('polluted');
  });

  test('moves a displaced key, and only that', () => {
    expect(
      flatten({ account_uid: true, b: 1 }, (key) => (key === 'account_uid' ? 'move' : undefined)),
    ).toEqual({
      account_uid_2: true,
      b: 1,
    });
    expect(flatten({ account_uid: true, b: 1 })).toEqual({ account_uid: true, b: 1 });
  });

  test('copes with 100,000 keys that want one name', () => {
    const half = (n: number) => String.fromCharCode(0xd800 + (n % 1024));
    const keys = Array.from({ length: 100_000 }, (_, n) => half(n) + half(n >> 10));
    const flat = flatten(Object.fromEntries(keys.map((key, n) => [key, n])));
    expect(Object.keys(flat)).toHaveLength(100_000);
    expect(flat['\ufffd\ufffd_100000']).toBe(99_999);
  });

  const key = fc.oneof(
    fc.constantFrom('a', 'b', 'a_b', 'b_a', 'a_b_2', 'churn', 'date', '__proto__'),
    fc.string(),
  );
  const { object } = fc.letrec<{ object: JsonObject; value: JsonObject[string] }>((tie) => ({
    object: fc.dictionary(key, tie('value'), { maxKeys: 6 }),
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(fc.integer()),
      tie('object'),
    ),
  }));

  const leavesOf = (value: JsonObject[string]): number => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 1;
    return Object.values(value).reduce<number>((sum, inner) => sum + leavesOf(inner), 0);
  };

  test('loses no value and keeps each key that the user wrote, for any object', () => {
    fc.assert(
      fc.property(object, (input) => {
        const flat = new Map(Object.entries(flatten(input)));
        expect(flat.size).toBe(leavesOf(input));
        for (const [name, value] of Object.entries(input)) {
          if (typeof value !== 'object' || value === null) expect(flat.get(name)).toBe(value);
        }
      }),
    );
  });

  test('makes nothing but scalars, for any object', () => {
    fc.assert(
      fc.property(object, (input) => {
        for (const value of Object.values(flatten(input)))
          expect(value === null || typeof value !== 'object').toBe(true);
      }),
    );
  });
});
