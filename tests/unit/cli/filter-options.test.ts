import { describe, expect, test } from '@jest/globals';
import { toFilter } from '../../../lib/cli/dlq/filter-options.ts';

const NOW = Date.UTC(2026, 0, 10);

describe('a filter', () => {
  test('is made of the options that were given', () => {
    expect(toFilter({}, NOW)).toEqual({});
    expect(toFilter({ reason: ['rejected'], type: ['page'], user: '7', event: 'm1' }, NOW)).toEqual({
      reasons: ['rejected'],
      types: ['page'],
      user: '7',
      messageId: 'm1',
    });
  });

  test.each([
    ['2026-01-02T03:04Z', Date.UTC(2026, 0, 2, 3, 4)],
    ['2026-01-02', Date.UTC(2026, 0, 2)],
    ['30m', NOW - 30 * 60_000],
    ['2h ago', NOW - 2 * 3_600_000],
    ['3d', NOW - 3 * 86_400_000],
  ])('takes %s for a time', (text, moment) => {
    expect(toFilter({ since: text, until: text }, NOW)).toEqual({ since: moment, until: moment });
  });

  test.each(['yesterday', '3', '2026-13-01', '', '5 weeks'])('does not take "%s" for a time', (text) => {
    expect(() => toFilter({ until: text }, NOW)).toThrow('--until must be a time');
  });
});
