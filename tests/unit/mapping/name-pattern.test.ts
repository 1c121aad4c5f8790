import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { getAttributeMatcher, getMatcher } from '../../../lib/mapping/name-pattern.ts';

describe('a name pattern', () => {
  test.each([
    ['email', 'email', true],
    ['email', 'Email', true],
    ['EMAIL', 'email', true],
    ['email', 'work_email', false],
    ['*token*', 'token', true],
    ['*token*', 'deviceTokenId', true],
    ['*token*', 'tokn', false],
    ['sig*', 'signature', true],
    ['sig*', 'design', false],
    ['*_id', 'user_id', true],
    ['*_id', 'user_id_2', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['*bc*bc', 'abc', false],
    ['*bc*bc', 'abcbc', true],
    ['*', '', true],
    ['a.b', 'axb', false],
    ['é*', 'École', true],
    ['contraseña', 'contrasen\u0303a', true],
    ['contrasen\u0303a', 'CONTRASEÑA', true],
    ['email', 'e\u200bmail\ufeff', true],
    ['email', 'ｅmail', true],
    ['*token*', `${'é'.repeat(2_000)}Token`, true],
  ])('%s: %s matches: %p', (pattern, name, matches) => {
    expect(getMatcher([pattern])(name)).toBe(matches ? pattern : undefined);
  });

  test.each([
    ['address.city', 'address_city', true],
    ['address.city', 'address.city', true],
    ['traits.address.city', 'address_city', true],
    ['Context.Traits.email', 'email', true],
    ['properties.email', 'email', true],
    ['context.page.url', 'page_url', true],
    ['address.*', 'address_city', true],
    ['address.city', 'city', false],
    ['properties.items[].sku', 'items_sku', true],
    ['items[].sku', 'sku', false],
    ['traits', 'traits', true],
    ['order.properties.city', 'order_properties_city', true],
  ])('of an attribute may be a path, %s: %s matches: %p', (pattern, name, matches) => {
    expect(getAttributeMatcher([pattern])(name)).toBe(matches ? pattern : undefined);
  });

  test('is the first that matches of several', () => {
    const match = getMatcher(['email', '*mail*', '*']);
    expect(['EMAIL', 'mailbox', 'phone'].map(match)).toEqual(['email', '*mail*', '*']);
    expect(getMatcher([])('email')).toBeUndefined();
  });

  test('matches what the regular expression of the same meaning matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, name) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
        expect(getMatcher([pattern])(name) !== undefined).toBe(expected);
      }),
    );
  });
});
