import { describe, expect, test } from '@jest/globals';
import type { DeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { replay } from '../../../lib/dead-letters/replay-dead-letters.ts';
import type { QueuedMessage } from '../../simulation/models/queued-message.ts';
import {
  createDeadLetter,
  createDeadLetters,
  createVirtualDeadLetterFixture,
  isAllVisible,
  messageIds,
  messageIdsFrom,
  runReplay,
} from '../../support/dead-letter-fixtures.ts';

const attribute = (name: string) => (message: QueuedMessage) => message.attributes?.[name]?.StringValue;

const inOrder = (messages: readonly QueuedMessage[]) =>
  messages.map(({ body }) => JSON.parse(body).messageId);

const ofOneUser = (number: number): DeadLetter =>
  createDeadLetter(number, {
    body: JSON.stringify({ type: 'track', event: 'Clicked', userId: 'u', messageId: `m${number}` }),
  });

test.each([0, -1, Number.NaN])('a rate of %s is refused before anything is read', async (rate) => {
  const fixture = createVirtualDeadLetterFixture();
  await expect(runReplay(fixture, createDeadLetters(1, 2), { rate })).rejects.toThrow('a rate above 0');
  expect(fixture.sent()).toEqual([]);
  expect(isAllVisible(fixture)).toBe(true);
});

describe('a replayed dead letter', () => {
  test('is the same event, in the group of its user, and no longer a dead letter', async () => {
    const fixture = createVirtualDeadLetterFixture();
    const result = await runReplay(fixture, [
      createDeadLetter(1, { replays: 2 }),
      ofOneUser(2),
      ofOneUser(3),
    ]);

    expect(result).toMatchObject({ matched: 3, replayed: 3, failed: 0, more: false, unread: 0 });
    expect(fixture.remaining()).toEqual([]);
    const [first, second, third] = fixture.sent();
    expect(first).toMatchObject({ body: createDeadLetter(1).body });
    expect(second?.groupId).toBe(third?.groupId);
    expect(second?.groupId).not.toBe(first?.groupId);
  });

  test('carries when its event was accepted, and one replay more than before', async () => {
    const fixture = createVirtualDeadLetterFixture();
    await runReplay(fixture, [createDeadLetter(1, { replays: 2 }), createDeadLetter(2)]);
    expect(fixture.sent().map(attribute('acceptedAt'))).toEqual([
      createDeadLetter(1).acceptedAt,
      createDeadLetter(2).acceptedAt,
    ]);
    expect(fixture.sent().map(attribute('replays'))).toEqual(['3', '1']);
    expect(fixture.sent().map(attribute('version'))).toEqual(['1', '1']);
    expect(fixture.sent().flatMap(({ attributes }) => Object.keys(attributes ?? {}))).not.toContain('reason');
  });

  test('that no worker can read has a group of its own', async () => {
    const fixture = createVirtualDeadLetterFixture();
    const deadLetters = ['no JSON', '{"type":"track"}', '[]'].map((body, index) =>
      createDeadLetter(index, { body, reason: 'unparseable' }),
    );
    expect(await runReplay(fixture, deadLetters)).toMatchObject({ replayed: 3 });
    expect(new Set(fixture.sent().map(({ groupId }) => groupId)).size).toBe(3);
  });
});

describe('the order', () => {
  test("of a user's dead letters is that in which their events were accepted, whichever was written first", async () => {
    const fixture = createVirtualDeadLetterFixture();
    const numbers = Array.from({ length: 40 }, (_, index) => (index * 17) % 40);
    await runReplay(fixture, numbers.map(ofOneUser), { rate: 1_000 });
    expect(inOrder(fixture.sent())).toEqual(messageIdsFrom(0, 40));
  });

  test('of events that were accepted in one request is that in which their dead letters were written', async () => {
    const fixture = createVirtualDeadLetterFixture();
    const deadLetters = [5, 3, 9, 1].map((number) => ({
      ...ofOneUser(number),
      acceptedAt: createDeadLetter(0).acceptedAt,
    }));
    await runReplay(fixture, deadLetters);
    expect(inOrder(fixture.sent())).toEqual(['m5', 'm3', 'm9', 'm1']);
  });
});

describe('the rate', () => {
  test('is 100 a second, evenly, unless said', async () => {
    const fixture = createVirtualDeadLetterFixture();
    await runReplay(fixture, createDeadLetters(0, 500));
    const times = fixture.sent().map(({ sentAt }) => sentAt);
    const begin = times[0] ?? Number.NaN;
    const bySecond = Map.groupBy(times, (at) => Math.floor((at - begin) / 1_000));
    const full = [...bySecond.values()].map(({ length }) => length).slice(0, 5);
    for (const count of full) expect(Math.abs(count - 100)).toBeLessThanOrEqual(10);
    expect(full.length).toBe(5);
  });

  test.each([0.5, 7, 2_000])('is never above the %d a second that were asked for', async (rate) => {
    const fixture = createVirtualDeadLetterFixture();
    const count = Math.min(1_000, Math.ceil(rate * 20));
    expect(await runReplay(fixture, createDeadLetters(0, count), { rate })).toMatchObject({
      replayed: count,
    });
    const times = fixture.sent().map(({ sentAt }) => sentAt);
    const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
    // What goes at once, with the last call, has no second of its own.
    expect(count - Math.max(1, Math.min(100, rate / 10))).toBeLessThanOrEqual(Math.ceil(seconds * rate + 1));
  });
});

describe('dead letters that are left', () => {
  test('are counted by cause, are visible again at once, and were read only once', async () => {
    const fixture = createVirtualDeadLetterFixture();
    const deadLetters = [
      ...createDeadLetters(0, 30),
      ...createDeadLetters(30, 40).map(
        (deadLetter): DeadLetter => ({ ...deadLetter, reason: 'invalid_event' }),
      ),
      createDeadLetter(70, { body: Buffer.from([255]) }),
      createDeadLetter(71, { replays: 5 }),
      createDeadLetter(72, { replays: 4 }),
    ];
    // Two minutes: dead letters that were not kept invisible would come back in the meantime.
    const result = await runReplay(fixture, deadLetters, { filter: { reasons: ['rejected'] }, rate: 0.25 });

    expect(result).toEqual({
      matched: 33,
      replayed: 31,
      skipped: { filter: 40, not_replayable: 1, replay_limit: 1, failed_again: 0 },
      failed: 0,
      more: false,
      unread: 0,
    });
    expect(messageIds(fixture.sent())).toEqual([...messageIdsFrom(0, 30), 'm72']);
    expect(fixture.remaining().length).toBe(42);
    expect(isAllVisible(fixture)).toBe(true);
    expect(new Set(fixture.remaining().map(({ receiveCount }) => receiveCount))).toEqual(new Set([1]));
  });

  test('for having been replayed five times are replayed by force', async () => {
    const fixture = createVirtualDeadLetterFixture();
    const deadLetters = [
      createDeadLetter(1, { replays: 5 }),
      createDeadLetter(2, { body: Buffer.from([255]) }),
    ];
    expect(await runReplay(fixture, deadLetters, { force: true })).toMatchObject({
      replayed: 1,
      skipped: { not_replayable: 1, replay_limit: 0 },
    });
    expect(fixture.sent().map(attribute('replays'))).toEqual(['6']);
  });

  test.each([
    { limit: 5, replays: 5, more: true },
    { limit: 20, replays: 20, more: false },
    { limit: 21, replays: 20, more: false },
  ])('by a limit of $limit of 20 are told by `more`', async ({ limit, replays, more }) => {
    const fixture = createVirtualDeadLetterFixture();
    const others = createDeadLetters(20, 300).map(
      (deadLetter): DeadLetter => ({ ...deadLetter, reason: 'server_error' }),
    );
    const deadLetters = [...createDeadLetters(0, 10), ...others, ...createDeadLetters(10, 10)];
    const filter = { reasons: ['rejected' as const] };
    const result = await runReplay(fixture, deadLetters, { filter, limit });
    expect(result).toMatchObject({ replayed: replays, more });
    expect(fixture.remaining().length).toBe(320 - replays);
    expect(isAllVisible(fixture)).toBe(true);
  });
});

test('a dead letter that was written twice, more than five minutes apart, is replayed once', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const deadLetters = createDeadLetters(0, 12);
  const result = await fixture.run(
    (async () => {
      await fixture.worker.writeDeadLetters(deadLetters);
      await fixture.time.sleep(301_000);
      await fixture.worker.writeDeadLetters(deadLetters.slice(0, 11));
      return replay({}, fixture.ports);
    })(),
  );
  expect(result).toMatchObject({ matched: 12, replayed: 12 });
  expect(messageIds(fixture.sent())).toEqual(messageIdsFrom(0, 12));
  expect(fixture.remaining()).toEqual([]);
});

test('an event that fails again while the replay goes on is left, and known by the id that was foretold', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const foretold = new Map<string, string>();

  /** A worker that gives one of the events up. */
  async function runWorker(): Promise<void> {
    const messages = await fixture.worker.receive(10, 30);
    const rejected = messages.filter(({ body }) => body.includes('"m3"'));
    const died = { reason: 'rejected', detail: 'again', attempts: 1, deadAt: fixture.time.now() } as const;
    await fixture.worker.writeDeadLetters(
      rejected.map(({ body, sqsMessageId, attributes }) => ({
        ...died,
        body,
        sourceId: sqsMessageId,
        acceptedAt: attributes['acceptedAt'] ?? '',
        replays: Number(attributes['replays']),
      })),
    );
    await fixture.worker.deleteMessages(messages);
  }

  const workers: Promise<void>[] = [];
  const result = await runReplay(fixture, createDeadLetters(0, 30), {
    onProgress(_, replays) {
      for (const { deadLetter, nextDeadLetterId: comesBackAs } of replays)
        foretold.set(deadLetter.messageId ?? '', comesBackAs);
      workers.push(runWorker());
    },
  });
  await Promise.all(workers);

  expect(result).toMatchObject({ matched: 30, replayed: 30, skipped: { failed_again: 1 }, more: false });
  expect(fixture.remaining().map(({ groupId }) => groupId)).toEqual([foretold.get('m3')]);
  expect(fixture.remaining().map(attribute('replays'))).toEqual(['1']);
});
