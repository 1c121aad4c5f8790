import { describe, expect, test } from '@jest/globals';
import { createDryRunReport, describePrediction, dryRunReplay } from '../../../lib/dead-letters/dry-run.ts';
import {
  createDeadLetters,
  createStoredDeadLetter,
  createVirtualDeadLetterFixture,
  isAllVisible,
} from '../../support/dead-letter-fixtures.ts';
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
  for (const number of [2, 3]) add(createStoredDeadLetter(number));
  expect(report()).toMatchObject({ operations: 3, aliases: 1 });
});

test('a dry run lists the most frequent outcome first, whichever came first', () => {
  const { add, report } = createDryRunReport({ mapping });
  add(createStoredDeadLetter(1, { detail: 'rare' }));
  for (const number of [2, 3]) add(createStoredDeadLetter(number, { detail: 'Item 3: no' }));
  expect(report().outcomes).toEqual([
    { count: 2, before: 'rejected: Item 3: no', today: 'sent', detail: '' },
    { count: 1, before: 'rejected: rare', today: 'sent', detail: '' },
  ]);
});

test('a dry run leaves out what a replay would leave where it is', () => {
  const { add, report, limitReached } = createDryRunReport({ mapping, filter: { types: ['track'] } });
  add(createStoredDeadLetter(1, { type: 'page' }));
  add(createStoredDeadLetter(2, { replays: 5 }));
  expect(report()).toMatchObject({
    matched: 1,
    skipped: { filter: 1, replay_limit: 1 },
    wouldReplay: 0,
    outcomes: [],
  });
  expect(limitReached()).toBe(false);
});

describe('a person is told that a replay', () => {
  test.each([
    [{}, 'would be sent again, as 1 operation: event'],
    [
      { body: '{"type":"page","userId":"u","name":"Home"}' },
      'would be sent again, as 2 operations: event, event',
    ],
    [{ body: '{"type":"screen","userId":"u"}' }, 'would be skipped: it is not meant for Salesmachine'],
    [{ body: '[]' }, 'would fail again: an event must be a JSON object, but this is an array'],
    [{ body: Buffer.from([255]) }, 'cannot be replayed: it is not stored as a whole'],
  ])('of %j %s', (changes, text) => {
    expect(describePrediction(createStoredDeadLetter(1, changes), mapping)).toBe(text);
  });
});

describe('a dry run of the queue', () => {
  async function dryRun(limit: number | undefined, signal?: AbortSignal) {
    const fixture = createVirtualDeadLetterFixture();
    const progress: number[] = [];
    const onProgress = (read: number) => progress.push(read);
    const options = { ...(limit && { limit }), signal, onProgress, waitSeconds: 0 };
    const result = await fixture.run(
      (async () => {
        await fixture.worker.writeDeadLetters(createDeadLetters(0, 120));
        return dryRunReplay(options, { ...fixture.ports, mapping });
      })(),
    );
    expect(fixture.remaining()).toHaveLength(120);
    expect(fixture.sent()).toEqual([]);
    expect(isAllVisible(fixture)).toBe(true);
    return { result, progress };
  }

  test('reads every dead letter, and leaves it where it is', async () => {
    const { result, progress } = await dryRun(undefined);
    expect(result).toMatchObject({ wouldReplay: 120, wouldSend: 120, more: false, unread: 0 });
    expect(progress.at(-1)).toBe(120);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  test('ends at its limit, and says that there are more', async () => {
    const { result, progress } = await dryRun(7);
    expect(result).toMatchObject({ wouldReplay: 7, more: true });
    expect(progress).toHaveLength(1);
  });

  test('ends where it is stopped, and says that there may be more', async () => {
    const { result } = await dryRun(undefined, AbortSignal.abort());
    expect(result).toMatchObject({ wouldReplay: 0, more: true, unread: 120 });
  });
});
