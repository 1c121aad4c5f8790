import { describe, expect, test } from '@jest/globals';
import { findDomain, findName, parseDomain, parseNumber } from '../../../lib/mapping/trait-values.ts';

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
    ['https://awww.globex.example', 'awww.globex.example'],
    ['https://münchen.example', 'münchen.example'],
    ['https://xn--mnchen-3ya.example', 'münchen.example'],
    ['http:/globex.example', 'globex.example'],
    ['http:globex.example', 'globex.example'],
    ['https:\\\\globex.example', 'globex.example'],
    ['https://https://globex.example', 'globex.example'],
    ['\u200bhttps://globex.example\ufeff', 'globex.example'],
    ['globex.example/@ann', 'globex.example'],
  ])('%s is %s', (website, domain) => {
    expect(parseDomain(website)).toBe(domain);
  });

  test.each([
    [''],
    ['n/a'],
    ['none'],
    ['n.a.'],
    ['https://'],
    ['localhost:3000'],
    ['http://10.0.0.1/'],
    ['http://[::1]/'],
    ['two words.example'],
    ['ann@globex.example'],
    ['mailto:ann@globex.example'],
    ['android-app://com.globex'],
    ['3.5M'],
    ['1.000'],
    [undefined],
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

describe('the domain of an account', () => {
  test('is that of its website, however this is spelt', () => {
    for (const key of ['website', 'Website', 'WEB_SITE', 'website_url', 'websiteUrl'])
      expect(findDomain({ [key]: 'https://globex.example', url: 'https://other.example' })).toBe(
        'globex.example',
      );
    expect(findDomain({ website: ' ', websiteUrl: 'https://globex.example' })).toBe('globex.example');
    for (const website of [null, 7, ['globex.example'], 'undefined'])
      expect(findDomain({ website })).toBeUndefined();
  });
});

describe('the name of a contact', () => {
  test('is made of its parts, without outer spaces', () => {
    expect(findName({ firstName: ' Ann ', lastName: '\tLee' })).toBe('Ann Lee');
    expect(findName({ 'first.name': 'Ann', 'LAST-NAME': 'Lee' })).toBe('Ann Lee');
  });

  test('is the name in any spelling, before its parts', () => {
    expect(findName({ firstName: 'Ann', lastName: 'Lee', Name: 'Dr. Lee' })).toBe('Dr. Lee');
    expect(findName({ firstName: 'Ann', lastName: 'Lee', Name: 'undefined' })).toBe('Ann Lee');
  });

  test('is none without both parts', () => {
    for (const traits of [
      {},
      { lastName: 'Lee' },
      { firstName: ' ', lastName: 'Lee' },
      { firstName: 'Ann', lastName: 'undefined' },
      { firstName: '[object Object]', lastName: 'Lee' },
      { first_name: 7, last_name: 'Lee' },
      { first: 'Ann', lastName: 'Lee' },
      { [`first${' '.repeat(99)}name`]: 'Ann', lastName: 'Lee' },
    ])
      expect(findName(traits)).toBeUndefined();
  });
});

test.each([
  ['.25', 0.25],
  ['1.5e+2', 150],
  ['2E10', 20_000_000_000],
])('a number in text may be written as %s', (text, number) => {
  expect(parseNumber(text)).toBe(number);
});

test('a key that only begins like one of a name is none', () => {
  expect(findName({ first_name_kana: 'アダ', last_name: 'L' })).toBeUndefined();
});
