import { describe, expect, test } from '@jest/globals';
import { createDryRun } from '../../../lib/cli/dlq/dry-run-report.ts';
import { toFilter } from '../../../lib/cli/dlq/filter-options.ts';
import { createCauseGroups } from '../../../lib/cli/dlq/group-by-cause.ts';
import { serializeDeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { parseDeadLetter, type StoredDeadLetter } from '../../../lib/dead-letters/stored-dead-letter.ts';
import { createDeadLetter } from '../../support/dead-letter-fixtures.ts';

const NOW = Date.UTC(2026, 0, 10);

function createStoredDeadLetter(
  number: number,
  changes: Parameters<typeof createDeadLetter>[1] = {},
): StoredDeadLetter {
  const { body, groupId, attributes } = serializeDeadLetter(createDeadLetter(number, changes));
  const message = { sqsMessageId: `${number}`, receiptHandle: `${number}`, sentAt: NOW, receiveCount: 1 };
  return parseDeadLetter({ ...message, body, groupId, attributes, wasRedriven: false });
}

describe('letters are of one cause', () => {
  const groupCauses = (deadLetters: StoredDeadLetter[]) => {
    const causes = createCauseGroups();
    deadLetters.forEach(causes.add);
    return causes.list();
  };

  test('if only numbers or ids in the detail differ; the most frequent comes first', () => {
    const causes = groupCauses([
      createStoredDeadLetter(1, { detail: 'alone' }),
      createStoredDeadLetter(2, { detail: 'Item 3: no', deadAt: NOW - 5 }),
      createStoredDeadLetter(3, { detail: 'Item 17: no', deadAt: NOW, type: 'page', replays: 1 }),
    ]);
    expect(causes).toMatchObject([
      {
        detail: 'Item #: no',
        count: 2,
        first: NOW - 5,
        last: NOW,
        types: { track: 1, page: 1 },
        replayed: 1,
      },
      { detail: 'alone', count: 1, replayed: 0 },
    ]);
  });

  test('and not if the reason, the status or the words differ', () => {
    const deadLetters = [
      createStoredDeadLetter(1),
      createStoredDeadLetter(2, { status: 400 }),
      createStoredDeadLetter(3, { reason: 'server_error' }),
      createStoredDeadLetter(4, { detail: 'else' }),
    ];
    expect(groupCauses(deadLetters).map(({ count }) => count)).toEqual([1, 1, 1, 1]);
  });
});

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

describe('a forecast', () => {
  const quota = { requests: 900, windowSeconds: 300, share: 1, lanes: 2 };
  const mapping = { anonymousContacts: 'keep', alias: 'single' } as const;

  test.each([
    ['the rate of the replay', 1_000, 'track', 10],
    ['the quota, a request for each alias', 1_000, 'alias', 1_000 / 3],
  ])('takes as long as %s allows', (_what, count, type, seconds) => {
    const { add, report: forecast } = createDryRun({ rate: 100, mapping, quota });
    const body = JSON.stringify({ type, userId: 'u', event: 'Clicked', previousId: 'p' });
    for (let number = 0; number < count; number++) add(createStoredDeadLetter(number, { body }));
    expect(forecast()).toMatchObject({ replayed: count, operations: count });
    expect(forecast().seconds).toBeCloseTo(seconds);
  });

  test('tells apart what would be sent, what would be skipped, and what would fail again', () => {
    const { add, report: forecast } = createDryRun({ rate: 100, mapping, quota, limit: 3 });
    add(createStoredDeadLetter(1));
    add(createStoredDeadLetter(2, { body: '{"type":"screen","userId":"u"}' }));
    add(createStoredDeadLetter(3, { body: '{"type":"track","userId":"u"}' }));
    add(createStoredDeadLetter(4));
    const { fates, replayed } = forecast();
    expect(replayed).toBe(3);
    expect(fates.map(({ now, detail }) => [now, detail])).toEqual([
      ['sent', ''],
      ['skipped', ''],
      ['fails', 'a track event needs a name, but event is missing'],
    ]);
  });
});
