import { describe, expect, test } from '@jest/globals';
import { createCauseGroups, normalizeDetail } from '../../../lib/dead-letters/group-by-cause.ts';
import type { StoredDeadLetter } from '../../../lib/dead-letters/stored-dead-letter.ts';
import { createStoredDeadLetter, DEAD_LETTERED_AT as NOW } from '../../support/dead-letter-fixtures.ts';

describe('dead letters are of one cause', () => {
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

test('a detail that all of them have is told as it is', () => {
  const causes = createCauseGroups();
  for (const number of [1, 2]) causes.add(createStoredDeadLetter(number, { detail: 'Item 3: no' }));
  expect(causes.list()).toMatchObject([{ detail: 'Item 3: no', count: 2 }]);
});

test.each([
  ['Item 17 of 4711: no', 'Item # of #: no'],
  ['user 6f9619ff-8b86-d011-b42d-00cf4fc964ff is unknown', 'user # is unknown'],
  ['trace deadbeefcafe ends', 'trace # ends'],
  ['a face in a decade', 'a face in a decade'],
  ['unaddressed, feedbackfeed', 'unaddressed, feedbackfeed'],
])('of the detail "%s" the cause is "%s"', (detail, cause) => {
  expect(normalizeDetail(detail)).toBe(cause);
});
