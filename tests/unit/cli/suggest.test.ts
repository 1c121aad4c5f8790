import { expect, test } from '@jest/globals';
import { suggest } from '../../../lib/cli/suggest.ts';

const reasons = ['rejected', 'too_large', 'unparseable', 'invalid_event'];

test.each([
  ['rejcted', ' Did you mean rejected?'],
  ['to_large', ' Did you mean too_large?'],
  ['unparsable', ' Did you mean unparseable?'],
  ['server', ''],
  ['', ''],
])('for "%s" the nearest choice is suggested, if one is near: "%s"', (word, suggestion) => {
  expect(suggest(word, reasons)).toBe(suggestion);
});
