import { expect, test } from '@jest/globals';
import { createDryRunReport } from '../../../lib/dead-letters/dry-run.ts';
import { createStoredDeadLetter } from '../../support/dead-letter-fixtures.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const mapping = DEFAULT_MAPPING;

test('a dry run tells apart what would be sent, what would be skipped, and what would fail again', () => {
  const { add, report } = createDryRunReport({ mapping, limit: 3 });
  add(createStoredDeadLetter(1));
  add(createStoredDeadLetter(2, { body: '{"type":"screen","userId":"u"}' }));
  add(createStoredDeadLetter(3, { body: '{"type":"track","userId":"u"}' }));
  add(createStoredDeadLetter(4));
  const { outcomes, ...counts } = report();
  expect(counts).toMatchObject({ wouldReplay: 3, wouldSend: 1, wouldSkip: 1, wouldFail: 1, operations: 1 });
  expect(outcomes.map(({ today, detail }) => [today, detail])).toEqual([
    ['sent', ''],
    ['skipped', ''],
    ['fails', 'a track event needs a name, but event is missing'],
  ]);
});

test('a dry run counts dead letters whose details differ in numbers only as one outcome', () => {
  const { add, report } = createDryRunReport({ mapping });
  add(createStoredDeadLetter(1, { detail: 'Item 3: no' }));
  add(createStoredDeadLetter(2, { detail: 'Item 17: no' }));
  add(createStoredDeadLetter(3, { detail: 'else' }));
  expect(report().outcomes.map(({ count, before }) => [count, before])).toEqual([
    [2, 'rejected: Item #: no'],
    [1, 'rejected: else'],
  ]);
});

test('a dry run counts alias calls apart: each may take a request of its own', () => {
  const { add, report } = createDryRunReport({ mapping });
  add(createStoredDeadLetter(1, { body: '{"type":"alias","userId":"u","previousId":"p"}', type: 'alias' }));
  add(createStoredDeadLetter(2));
  expect(report()).toMatchObject({ operations: 2, aliases: 1 });
});
