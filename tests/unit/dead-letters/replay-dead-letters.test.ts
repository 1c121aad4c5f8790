import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import {
  type ReplayOptions,
  type ReplayResult,
  replay,
} from '../../../lib/dead-letters/replay-dead-letters.ts';
import type { QueuedMessage } from '../../simulation/models/queue-model.ts';
import {
  DIED_AT,
  idsFrom,
  messageIds,
  numbered,
  numberedFrom,
  openVirtualLetterBox,
  type VirtualLetterBox,
} from '../../support/dead-letter-fixtures.ts';

/** Writes the letters in their order, and replays. */
async function replayed(
  box: VirtualLetterBox,
  letters: readonly DeadLetter[],
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  return box.run(
    (async () => {
      for (const letter of letters) await box.worker.bury([letter]);
      return replay(options, box.ports);
    })(),
  );
}

const attribute = (name: string) => (message: QueuedMessage) => message.attributes?.[name]?.StringValue;

const inOrder = (messages: readonly QueuedMessage[]) =>
  messages.map(({ body }) => JSON.parse(body).messageId);

/** Nobody holds any of the letters. */
const isAllVisible = (box: VirtualLetterBox) => box.left().every(({ hiddenUntil }) => hiddenUntil === 0);

const ofOneUser = (number: number): DeadLetter =>
  numbered(number, {
    body: JSON.stringify({ type: 'track', event: 'Clicked', userId: 'u', messageId: `m${number}` }),
  });

describe('a replayed letter', () => {
  test('is the same event, in the group of its user, and no longer a dead letter', async () => {
    const box = openVirtualLetterBox();
    const result = await replayed(box, [numbered(1, { replays: 2 }), ofOneUser(2), ofOneUser(3)]);

    expect(result).toMatchObject({ matched: 3, replayed: 3, failed: 0, more: false, unread: 0 });
    expect(box.left()).toEqual([]);
    const [first, second, third] = box.sent();
    expect(first).toMatchObject({ body: numbered(1).body });
    expect(second?.groupId).toBe(third?.groupId);
    expect(second?.groupId).not.toBe(first?.groupId);
  });

  test('carries when its event was accepted, and one replay more than before', async () => {
    const box = openVirtualLetterBox();
    await replayed(box, [numbered(1, { replays: 2 }), numbered(2)]);
    expect(box.sent().map(attribute('acceptedAt'))).toEqual([numbered(1).acceptedAt, numbered(2).acceptedAt]);
    expect(box.sent().map(attribute('replays'))).toEqual(['3', '1']);
    expect(box.sent().map(attribute('version'))).toEqual(['1', '1']);
    expect(box.sent().flatMap(({ attributes }) => Object.keys(attributes ?? {}))).not.toContain('reason');
  });

  test('that no worker can read has a group of its own', async () => {
    const box = openVirtualLetterBox();
    const letters = ['no JSON', '{"type":"track"}', '[]'].map((body, index) =>
      numbered(index, { body, reason: 'unparseable' }),
    );
    expect(await replayed(box, letters)).toMatchObject({ replayed: 3 });
    expect(new Set(box.sent().map(({ groupId }) => groupId)).size).toBe(3);
  });
});

describe('the order', () => {
  test("of a user's letters is that in which their events were accepted, whichever was written first", async () => {
    const box = openVirtualLetterBox();
    const numbers = Array.from({ length: 40 }, (_, index) => (index * 17) % 40);
    await replayed(box, numbers.map(ofOneUser), { rate: 1_000 });
    expect(inOrder(box.sent())).toEqual(idsFrom(0, 40));
  });

  test('of events that were accepted in one request is that in which their letters were written', async () => {
    const box = openVirtualLetterBox();
    const letters = [5, 3, 9, 1].map((number) => ({
      ...ofOneUser(number),
      acceptedAt: numbered(0).acceptedAt,
    }));
    await replayed(box, letters);
    expect(inOrder(box.sent())).toEqual(['m5', 'm3', 'm9', 'm1']);
  });
});

describe('the rate', () => {
  test('is 100 a second, evenly, unless said', async () => {
    const box = openVirtualLetterBox();
    await replayed(box, numberedFrom(0, 500));
    const times = box.sent().map(({ sentAt }) => sentAt);
    const begin = times[0] ?? Number.NaN;
    const bySecond = Map.groupBy(times, (at) => Math.floor((at - begin) / 1_000));
    const full = [...bySecond.values()].map(({ length }) => length).slice(0, 5);
    for (const count of full) expect(Math.abs(count - 100)).toBeLessThanOrEqual(10);
    expect(full.length).toBe(5);
  });

  test.each([0.5, 7, 2_000])('is never above the %d a second that were asked for', async (rate) => {
    const box = openVirtualLetterBox();
    const count = Math.min(1_000, Math.ceil(rate * 20));
    expect(await replayed(box, numberedFrom(0, count), { rate })).toMatchObject({ replayed: count });
    const times = box.sent().map(({ sentAt }) => sentAt);
    const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
    // What goes at once, with the last call, has no second of its own.
    expect(count - Math.max(1, Math.min(100, rate / 10))).toBeLessThanOrEqual(Math.ceil(seconds * rate + 1));
  });
});

describe('letters that are left', () => {
  test('are counted by cause, are visible again at once, and were read only once', async () => {
    const box = openVirtualLetterBox();
    const letters = [
      ...numberedFrom(0, 30),
      ...numberedFrom(30, 40).map((letter): DeadLetter => ({ ...letter, reason: 'invalid_event' })),
      numbered(70, { body: Buffer.from([255]) }),
      numbered(71, { replays: 5 }),
      numbered(72, { replays: 4 }),
    ];
    // Two minutes: letters that nobody kept hidden would come back in the meantime.
    const result = await replayed(box, letters, { filter: { reasons: ['rejected'] }, rate: 0.25 });

    expect(result).toEqual({
      matched: 33,
      replayed: 31,
      skipped: { filter: 40, not_replayable: 1, replay_limit: 1, failed_again: 0 },
      failed: 0,
      more: false,
      unread: 0,
    });
    expect(messageIds(box.sent())).toEqual([...idsFrom(0, 30), 'm72']);
    expect(box.left().length).toBe(42);
    expect(isAllVisible(box)).toBe(true);
    expect(new Set(box.left().map(({ receiveCount }) => receiveCount))).toEqual(new Set([1]));
  });

  test('for having been replayed five times are replayed by force', async () => {
    const box = openVirtualLetterBox();
    const letters = [numbered(1, { replays: 5 }), numbered(2, { body: Buffer.from([255]) })];
    expect(await replayed(box, letters, { force: true })).toMatchObject({
      replayed: 1,
      skipped: { not_replayable: 1, replay_limit: 0 },
    });
    expect(box.sent().map(attribute('replays'))).toEqual(['6']);
  });

  test.each([
    { limit: 5, replays: 5, more: true },
    { limit: 20, replays: 20, more: false },
    { limit: 21, replays: 20, more: false },
  ])('by a limit of $limit of 20 are told by `more`', async ({ limit, replays, more }) => {
    const box = openVirtualLetterBox();
    const others = numberedFrom(20, 300).map((letter): DeadLetter => ({ ...letter, reason: 'server_error' }));
    const letters = [...numberedFrom(0, 10), ...others, ...numberedFrom(10, 10)];
    const filter = { reasons: ['rejected' as const] };
    const result = await replayed(box, letters, { filter, limit });
    expect(result).toMatchObject({ replayed: replays, more });
    expect(box.left().length).toBe(320 - replays);
    expect(isAllVisible(box)).toBe(true);
  });
});

test('a letter that was written twice, more than five minutes apart, is replayed once', async () => {
  const box = openVirtualLetterBox();
  const letters = numberedFrom(0, 12);
  const result = await box.run(
    (async () => {
      await box.worker.bury(letters);
      await box.time.sleep(301_000);
      await box.worker.bury(letters.slice(0, 11));
      return replay({}, box.ports);
    })(),
  );
  expect(result).toMatchObject({ matched: 12, replayed: 12 });
  expect(messageIds(box.sent())).toEqual(idsFrom(0, 12));
  expect(box.left()).toEqual([]);
});

test('an event that fails again while the replay goes on is left, and known by the id that was foretold', async () => {
  const box = openVirtualLetterBox();
  const foretold = new Map<string, string>();

  /** A worker that buries one of the events. */
  async function work(): Promise<void> {
    const messages = await box.worker.receive(10, 30);
    const bad = messages.filter(({ body }) => body.includes('"m3"'));
    const died = { reason: 'rejected', detail: 'again', attempts: 1, deadAt: box.time.now() } as const;
    await box.worker.bury(
      bad.map(({ body, messageId, attributes }) => ({
        ...died,
        body,
        origin: messageId,
        acceptedAt: attributes['acceptedAt'] ?? '',
        replays: Number(attributes['replays']),
      })),
    );
    await box.worker.remove(messages);
  }

  const workers: Promise<void>[] = [];
  const result = await replayed(box, numberedFrom(0, 30), {
    onProgress(_, replays) {
      for (const { letter, comesBackAs } of replays) foretold.set(letter.messageId ?? '', comesBackAs);
      workers.push(work());
    },
  });
  await Promise.all(workers);

  expect(result).toMatchObject({ matched: 30, replayed: 30, skipped: { failed_again: 1 }, more: false });
  expect(box.left().map(({ groupId }) => groupId)).toEqual([foretold.get('m3')]);
  expect(box.left().map(attribute('replays'))).toEqual(['1']);
});

test('a signal stops it after the step that is under way: nothing is lost, and the rest is visible', async () => {
  const box = openVirtualLetterBox();
  const stop = new AbortController();
  const result = await replayed(box, numberedFrom(0, 100), {
    signal: stop.signal,
    onProgress: ({ replayed }) => replayed >= 30 && stop.abort(),
  });
  expect(result).toMatchObject({ replayed: 30, failed: 0, more: true });
  expect(messageIds(box.sent())).toEqual(idsFrom(0, 30));
  expect(messageIds(box.left())).toEqual(idsFrom(30, 70));
  expect(isAllVisible(box)).toBe(true);
});

test('a main queue that takes nothing stops it within seconds: the letters are counted, and stay', async () => {
  const box = openVirtualLetterBox([{ what: 'unsendable', from: 1_000 }]);
  const begun = DIED_AT + 1_000;
  const result = await box.run(
    (async () => {
      await box.worker.bury(numberedFrom(0, 30));
      await box.time.sleep(begun - box.time.now());
      return replay({}, box.ports);
    })(),
  );
  expect(result).toMatchObject({ replayed: 0, failed: 10, more: true });
  expect(box.time.now() - begun).toBeLessThan(10_000);
  expect(messageIds(box.left())).toEqual(idsFrom(0, 30));
  expect(isAllVisible(box)).toBe(true);
  expect(box.lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { letters: 10 } }]);
});

test('letters that somebody else reads are out of reach, and told', async () => {
  const box = openVirtualLetterBox();
  const result = await box.run(
    (async () => {
      await box.worker.bury(numberedFrom(0, 20));
      const elsewhere = replay({ limit: 8, rate: 1 }, box.ports);
      await box.time.sleep(1_000);
      const here = await replay({}, box.ports);
      return { here, elsewhere: await elsewhere };
    })(),
  );
  expect(result.here).toMatchObject({ replayed: 0, more: false });
  expect(result.here.unread).toBeGreaterThan(0);
  expect(result.elsewhere).toMatchObject({ replayed: 8, more: true });
  expect(box.left().length).toBe(12);
});

test('whatever goes wrong with SQS, repeated replays bring every event to the main queue, once', async () => {
  const trouble = fc.constantFrom('refused', 'lost', 'partial', 'slow', 'short', 'unsendable');
  const troubles = fc.array(
    fc.record({ what: trouble, chance: fc.double({ min: 0.05, max: 0.6, noNaN: true }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(troubles, fc.nat(), async (spells, seed) => {
      const during = { from: 1_000, until: 100_000 };
      const box = openVirtualLetterBox(
        spells.map((spell) => ({ ...spell, ...during })),
        seed,
      );
      await box.run(
        (async () => {
          await box.worker.bury(numberedFrom(0, 60));
          await box.time.sleep(DIED_AT + during.from - box.time.now());
          while (box.left().length > 0) {
            await replay({ rate: 30 }, box.ports).catch(() => undefined);
            await box.time.sleep(2_000);
          }
        })(),
      );
      expect(messageIds(box.sent())).toEqual(idsFrom(0, 60));
    }),
    { numRuns: 60 },
  );
});
