import { describe, expect, test } from '@jest/globals';
import { joinName, parseDomain, parseNumber } from '../../../lib/mapping/trait-values.ts';
import type { Json } from '../../../lib/runtime/json.ts';

describe('the domain of a website', () => {
  test.each([
    ['https://www.globex.example/en', 'globex.example'],
    ['http://globex.example', 'globex.example'],
    ['HTTPS://Globex.Example/', 'globex.example'],
    ['globex.example', 'globex.example'],
    [' www.globex.example:8080/a?b#c ', 'globex.example'],
    ['//globex.example/en', 'globex.example'],
    ['https://user:secret@shop.globex.example', 'shop.globex.example'],
    ['https://globex.example.', 'globex.example'],
    ['https://www.example', 'www.example'],
    ['https://münchen.example', 'münchen.example'],
    ['https://xn--mnchen-3ya.example', 'münchen.example'],
  ])('%s is %s', (website, domain) => {
    expect(parseDomain(website)).toBe(domain);
  });

  test.each<[Json]>([
    [''],
    ['n/a'],
    ['none'],
    ['n.a.'],
    ['https://'],
    ['localhost:3000'],
    ['http://10.0.0.1/'],
    ['http://[::1]/'],
    ['two words.example'],
    [null],
    [7],
    [['globex.example']],
    [`https://${'a.'.repeat(2_000)}example`],
  ])('is none for %j', (website) => {
    expect(parseDomain(website)).toBeUndefined();
  });
});

describe('a number in a text', () => {
  test.each([
    ['1200.50', 1200.5],
    [' 30 ', 30],
    ['-0.5', -0.5],
    ['+7', 7],
    ['.5', 0.5],
    ['5.', 5],
    ['007', 7],
    ['1.25E7', 12_500_000],
    ['1e3', 1_000],
  ])('%j is %p', (text, number) => {
    expect(parseNumber(text)).toBe(number);
  });

  test.each([
    ['1,200'],
    ['1 200'],
    ['$5'],
    ['5 EUR'],
    ['1e999'],
    ['0x10'],
    ['Infinity'],
    ['.'],
    [''],
    ['12345678901234567890'],
  ])('is none in %j', (text) => {
    expect(parseNumber(text)).toBe(text);
  });

  test.each([[5], [null], [true]])('is not looked for in %p', (value) => {
    expect(parseNumber(value)).toBe(value);
  });
});

describe('a name of its parts', () => {
  test('takes what there is, without outer spaces', () => {
    expect(joinName({ firstName: ' Ann ', lastName: '\tLee' })).toBe('Ann Lee');
    expect(joinName({ LASTNAME: 'Lee' })).toBe('Lee');
    expect(joinName({ 'first.name': 'Ann', 'LAST-NAME': 'Lee' })).toBe('Ann Lee');
  });

  test('is none without a part that says something', () => {
    for (const traits of [
      {},
      { firstName: ' ' },
      { first_name: 7 },
      { first: 'Ann' },
      { [`first${' '.repeat(99)}name`]: 'Ann' },
    ])
      expect(joinName(traits)).toBeUndefined();
  });
});
