import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { scanElements, scanMembers, trimWhitespace } from '../../../lib/segment/json-scanner.ts';

const elements = (text: string) => Array.from(scanElements(Buffer.from(text)), String);
const members = (text: string) =>
  Array.from(scanMembers(Buffer.from(text)), ({ key, value }) => [key, String(value)]);

const space = fc.constantFrom('', ' ', '\n', '\t', '\r\n  ');
const json = fc.json({ stringUnit: 'binary', maxDepth: 5 });

describe('elementsOf', () => {
  test('cuts any array exactly at its elements, however it is spaced', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, json, space)), space, (parts, end) => {
        const text = `[${parts.map((part) => part.join('')).join(',')}${parts.length === 0 ? end : ''}]${end}`;
        expect(elements(text)).toEqual(parts.map(([, element]) => element));
      }),
    );
  });

  test('cuts an indented array where JSON.parse sees its elements', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ stringUnit: 'binary' })),
        fc.constantFrom(0, 1, '\t'),
        (values, indent) => {
          const text = JSON.stringify(values, null, indent);
          expect(elements(text).map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  test('loses no byte of anything but separators, white space and the closing bracket', () => {
    const bytes = fc.array(fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', ' ', 'a', '1'));
    fc.assert(
      fc.property(bytes, (noise) => {
        const text = `[${noise.join('')}`;
        const weight = (slice: string) => slice.replace(/[\s,\]}]/g, '').length;
        expect(weight(elements(text).join(''))).toBe(weight(text) - 1);
      }),
    );
  });

  test.each([
    ['[]', []],
    [' [ ] '.trim(), []],
    ['[1]', ['1']],
    ['["]","\\"],[","\\\\",3]', ['"]"', '"\\"],["', '"\\\\"', '3']],
    ['[{"a":[1,2]},[3,[4]]]', ['{"a":[1,2]}', '[3,[4]]']],
    ['[{"é":"✓,]"},2]', ['{"é":"✓,]"}', '2']],
  ])('cuts %s', (text, expected) => {
    expect(elements(text)).toEqual(expected);
  });

  test.each([
    ['a broken element alone', '[{"a":1},{"b":oops},{"c":3}]', ['{"a":1}', '{"b":oops}', '{"c":3}']],
    ['a mismatched bracket alone', '[{"a":1],{"b":2}]', ['{"a":1]', '{"b":2}']],
    ['what an array cut short has left', '[{"a":1},{"b":', ['{"a":1}', '{"b":']],
    ['a string cut short', '[1,"two', ['1', '"two']],
    ['an escape cut short', '[1,"two\\', ['1', '"two\\']],
    ['what follows the end', '[1] {"b":2}', ['1', '{"b":2}']],
    ['an array that never closes', '[1,2', ['1', '2']],
    ['nothing between commas', '[1,,2,]', ['1', '2']],
  ])('leaves %s in a slice of its own', (_, text, expected) => {
    expect(elements(text)).toEqual(expected);
  });

  test('goes through 100,000 levels and to the first element only, when no more is asked for', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(elements(`[1,${deep},2]`)).toEqual(['1', deep, '2']);
    const [first] = scanElements(Buffer.from('[{"a":1},{"b":2'));
    expect(String(first)).toBe('{"a":1}');
  });
});

describe('membersOf', () => {
  test('finds the keys and the values of any object', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' })), json, space, (keys, value, gap) => {
        const text = `{${keys.map((key) => `${gap}${JSON.stringify(key)}${gap}:${gap}${value}${gap}`).join(',')}}`;
        expect(members(text)).toEqual(keys.map((key) => [key, value]));
      }),
    );
  });

  test('reads the escapes of a key', () => {
    expect(members('{"b\\u0061tch":[]}')).toEqual([['batch', '[]']]);
  });

  test('leaves what has no key whole, and its neighbours untouched', () => {
    expect(members('{"a":1,oops,"b" 2,"c\\x":3,"d":4}')).toEqual([
      ['a', '1'],
      [undefined, 'oops'],
      [undefined, '"b" 2'],
      [undefined, '"c\\x":3'],
      ['d', '4'],
    ]);
  });
});

test('trimmed takes off the white space of JSON and no other', () => {
  expect(String(trimWhitespace(Buffer.from(' \t\r\n {} \n')))).toBe('{}');
  expect(String(trimWhitespace(Buffer.from('\f{}\u00a0')))).toBe('\f{}\u00a0');
  expect(trimWhitespace(Buffer.from('  '))).toHaveLength(0);
});
