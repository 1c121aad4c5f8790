import { expect, test } from '@jest/globals';
import { REASONS } from '../../../../lib/dead-letters/reasons.ts';
import { getPageAdvice } from '../../../../lib/local/console/page-advice.ts';

test.each(REASONS)('the advice for %s names no command: the page has buttons', (reason) => {
  expect(getPageAdvice(reason).advice).not.toMatch(/relay (?:dlq|status|logs|map)|--\w/);
});

test('rejected events are looked at and replayed with the buttons beside the advice', () => {
  const { advice } = getPageAdvice('rejected');
  expect(advice).toMatch(/^see what was sent, .*then replay five first; if the relay is paused/);
});
