import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isDeeperThan, type Json, parseJson } from '../../../lib/runtime/json.ts';

const nestArrays = (depth: number, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth);

describe('parseJson', () => {
  test('reads whatever a double can hold as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('keeps the digits of every integer, as a number or as a string', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (integer) => {
        expect(String(parseJson(` [${integer}]`))).toBe(String(integer));
        expect(parseJson(`{"id":${integer}}`)).toEqual({ id: parseJson(String(integer)) });
      }),
    );
  });

  test.each<[string, Json]>([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['12345678901234567890', '12345678901234567890'],
    ['100000000000000000000', 100000000000000000000],
    ['1000000000000000000000', '1000000000000000000000'],
    ['1e400', '1e400'],
    ['-1.5E+999', '-1.5E+999'],
    ['1e21', 1e21],
    ['0.12345678901234567890', 0.12345678901234568],
    ['"9007199254740993"', '9007199254740993'],
    ['"1e400"', '1e400'],
  ])('reads %s as %p', (text, value) => {
    expect(parseJson(text)).toBe(value);
    expect(parseJson(`{"a":[ ${text} ,7]}`)).toEqual({ a: [value, 7] });
  });

  test('leaves __proto__ an ordinary key, and changes no prototype', () => {
    for (const id of ['1', '12345678901234567890']) {
      const value = parseJson(`{"__proto__":{"polluted":${id}}}`);
      expect(Object.keys(value ?? {})).toEqual(['__proto__']);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
    expect({}).not.toHaveProperty('polluted');
  });

  test('keeps lone surrogates', () => {
    expect(parseJson('"\\ud800"')).toBe('\ud800');
  });

  test.each([
    ['{"email":"anna@example.com",}', 'not valid JSON at position 28'],
    ['anna@example.com', 'not valid JSON'],
    ['["anna@example.com" at position 5]', 'not valid JSON at position 20'],
    ['{"email":"anna', 'not valid JSON at position 14'],
    ['', 'not valid JSON'],
  ])('refuses %p, and quotes nothing of it', (text, message) => {
    const rejection = new SyntaxError(message);
    expect(() => parseJson(text)).toThrow(rejection);
  });

  test('reads 100,000 levels, with a long integer at the bottom too', () => {
    expect(isDeeperThan(parseJson(nestArrays(100_000)), 500)).toBe(true);
    expect(isDeeperThan(parseJson(nestArrays(100_000, '12345678901234567890')), 500)).toBe(true);
    expect(parseJson(nestArrays(501, '12345678901234567890'))).toEqual(
      JSON.parse(nestArrays(501, '12345678901234567890')),
    );
  });
});

describe('isDeeperThan', () => {
  test.each<[string, number]>([
    ['7', 0],
    ['null', 0],
    ['[]', 1],
    ['{"a":1}', 1],
    ['[1,[2],{"a":[]}]', 3],
    ['{"a":{"b":{}},"c":[]}', 3],
    [nestArrays(64), 64],
  ])('finds %s to be %i deep', (text, depth) => {
    const value = parseJson(text);
    expect(isDeeperThan(value, depth)).toBe(false);
    if (depth > 0) expect(isDeeperThan(value, depth - 1)).toBe(true);
  });
});
