import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matcherOf } from '../../../lib/mapping/name-pattern.ts';

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
    ['*', '', true],
    ['a.b', 'axb', false],
    ['é*', 'École', true],
  ])('%s: %s matches: %p', (pattern, name, matches) => {
    expect(matcherOf([pattern])(name)).toBe(matches ? pattern : undefined);
  });

  test('is the first that matches of several', () => {
    const match = matcherOf(['email', '*mail*', '*']);
    expect(['EMAIL', 'mailbox', 'phone'].map(match)).toEqual(['email', '*mail*', '*']);
    expect(matcherOf([])('email')).toBeUndefined();
  });

  test('matches what the regular expression of the same meaning matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, name) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
        expect(matcherOf([pattern])(name) !== undefined).toBe(expected);
      }),
    );
  });
});
