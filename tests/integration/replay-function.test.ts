import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createReplay } from '../../handlers/replay.ts';
import { readReplayConfig } from '../../lib/config/config.ts';
import type { DeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { createLambdaContext } from '../../lib/local/aws/lambda-context.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { createAcceleratedClock } from '../support/accelerated-clock.ts';
import {
  createDeadLetter,
  createDeadLetterFixture,
  createDeadLetters,
  createVirtualDeadLetterFixture,
  type DeadLetterFixture,
  messageIds,
  messageIdsFrom,
} from '../support/dead-letter-fixtures.ts';
import { recordingLog } from '../support/log.ts';

let fixture: DeadLetterFixture;
beforeEach(async () => {
  fixture = await createDeadLetterFixture();
});
afterEach(() => fixture.queues.stop());

/** Invokes the function as `serverless invoke` does, on a clock that runs so many times as fast. */
async function invoke(
  request: unknown,
  { timeoutMs = 120_000, haste = 10, log = recordingLog() } = {},
): Promise<unknown> {
  const { queues, ports } = fixture;
  const clock = createAcceleratedClock();
  clock.accelerate(haste);
  const config = readReplayConfig({
    QUEUE_URL: queues.main.url,
    DEAD_LETTER_QUEUE_URL: queues.deadLetters.url,
  });
  const run = createReplay({ config, sqs: ports.sqs, clock, random: systemRandom, log });
  return run(request, createLambdaContext('replay', timeoutMs, clock));
}

const withReason = (reason: DeadLetter['reason'], deadLetters: DeadLetter[]): DeadLetter[] =>
  deadLetters.map((deadLetter) => ({ ...deadLetter, reason }));

test('what is asked for is replayed, and the rest stays', async () => {
  await fixture.writeDeadLetters([
    ...createDeadLetters(0, 12),
    ...withReason('server_error', createDeadLetters(12, 4)),
  ]);
  expect(await invoke({ reason: 'rejected' })).toEqual({
    matched: 12,
    replayed: 12,
    skipped: { filter: 4, not_replayable: 0, replay_limit: 0, failed_again: 0 },
    failed: 0,
    more: false,
    unread: 0,
  });
  expect(messageIds(await fixture.queued())).toEqual(messageIdsFrom(0, 12));
  expect(messageIds(await fixture.deadLetters())).toEqual(messageIdsFrom(12, 4));
});

test('the log says what was replayed, and what a dry run has found', async () => {
  await fixture.writeDeadLetters(createDeadLetters(0, 3));
  const log = recordingLog();
  await invoke({ dryRun: true }, { log });
  await invoke({ limit: 2 }, { log });
  expect(log.lines).toEqual([
    {
      level: 'info',
      message: 'replay dry run completed',
      fields: { matched: 3, replayed: 0, more: false, unread: 0 },
    },
    {
      level: 'info',
      message: 'dead letters replayed',
      fields: { matched: 2, replayed: 2, more: true, unread: 0 },
    },
  ]);
});

test('every option is obeyed', async () => {
  const deadLetters = withReason('server_error', createDeadLetters(0, 6)).map((deadLetter) => ({
    ...deadLetter,
    replays: 5,
  }));
  await fixture.writeDeadLetters([...deadLetters, ...createDeadLetters(6, 6)]);
  const request = {
    reason: ['server_error', 'too_large'],
    type: 'track',
    since: '2026-01-02T00:00:00Z',
    until: '2026-01-02T00:00:01Z',
    limit: 4,
    rate: 1_000,
  };
  expect(await invoke(request)).toMatchObject({ replayed: 0, skipped: { filter: 6, replay_limit: 6 } });
  expect(await invoke({ ...request, force: true })).toMatchObject({ replayed: 4, more: true });
  expect(await invoke({ user: 'user 7', messageId: 'm7' })).toMatchObject({ replayed: 1, more: false });
  expect(await invoke({ id: 'unknown' })).toMatchObject({ replayed: 0 });
  expect((await fixture.queued()).length).toBe(5);
  expect((await fixture.deadLetters()).length).toBe(7);
});

test('a dry run says what would be replayed and what would fail again, and changes nothing', async () => {
  const nameless = '{"type":"track","userId":"u","messageId":"m20"}';
  await fixture.writeDeadLetters([
    ...createDeadLetters(0, 12),
    createDeadLetter(20, { body: nameless }),
    createDeadLetter(21, { body: Buffer.from([255]) }),
  ]);
  expect(await invoke({ dryRun: true })).toEqual({
    matched: 14,
    wouldReplay: 13,
    wouldSend: 12,
    wouldSkip: 0,
    wouldFail: 1,
    outcomes: [
      { count: 12, before: 'rejected: Salesmachine answered 422', today: 'sent', detail: '' },
      {
        count: 1,
        before: 'rejected: Salesmachine answered 422',
        today: 'fails',
        detail: 'a track event needs a name, but event is missing',
      },
    ],
    operations: 12,
    aliases: 0,
    skipped: { filter: 0, not_replayable: 1, replay_limit: 0, failed_again: 0 },
    more: false,
    unread: 0,
  });
  expect(await invoke({ dryRun: true, limit: 5 })).toMatchObject({ wouldReplay: 5, more: true });
  expect(await fixture.queued()).toEqual([]);
  expect((await fixture.deadLetters()).length).toBe(14);
});

test('when its time is nearly up it stops, says that there is more, and a second invocation does the rest', async () => {
  const { ports, run, sent, time, worker } = createVirtualDeadLetterFixture();
  const config = readReplayConfig({
    QUEUE_URL: ports.queueUrl,
    DEAD_LETTER_QUEUE_URL: ports.deadLetterQueueUrl,
  });
  const replay = createReplay({ ...ports, config });
  // All would take 15 s; of the invocation's time, 20 s are kept for what is under way.
  const invokeFor = (request: object, timeoutMs: number) =>
    run(replay(request, createLambdaContext('replay', timeoutMs, time)));

  await run(worker.writeDeadLetters(createDeadLetters(0, 300)));
  expect(await invokeFor({ rate: 20 }, 22_000)).toMatchObject({ failed: 0, more: true });
  const first = sent().length;
  expect(first).toBeGreaterThan(30);
  expect(first).toBeLessThan(50);
  expect(await invokeFor({ rate: 10_000 }, 120_000)).toMatchObject({ replayed: 300 - first, more: false });
  expect(messageIds(sent())).toEqual(messageIdsFrom(0, 300));
});

describe('a request that cannot be obeyed replays nothing, and says why', () => {
  test.each([
    [{ reason: 'rejcted' }, /reason must be one or more of unparseable, invalid_event, .*receive_limit/],
    [{ reason: [] }, /reason must be one or more of/],
    [{ type: 7 }, /type must be a text, or a list of texts/],
    [{ type: ['track', ''] }, /type must be a text, or a list of texts/],
    [{ reason: ['rejected', 'unknown'] }, /reason must be one or more of/],
    [{ since: 'yesterday' }, /since must be a moment such as "2026-01-31T12:00:00Z"/],
    [{ limit: 0 }, /limit must be a whole number, 1 or more/],
    [{ limit: 1.5 }, /limit must be a whole number/],
    [{ rate: 0 }, /rate must be a number from 1 to 10000/],
    [{ rate: '100' }, /rate must be a number/],
    [{ dryRun: 'yes' }, /dryRun must be true or false/],
    [{ user: '' }, /user must not be empty/],
    [{ reasons: 'rejected' }, /there is an option of another name.*The options are reason, type, /],
    [{ limit: -1, force: 1 }, /limit must be .*; force must be /],
    ['rejected', /the request must be a JSON object/],
    [null, /the request must be a JSON object/],
  ])('%j', async (request, message) => {
    await fixture.writeDeadLetters(createDeadLetters(0, 2));
    await expect(invoke(request)).rejects.toMatchObject({
      name: 'ReplayRequestError',
      message: expect.stringMatching(message),
    });
    expect(await fixture.queued()).toEqual([]);
    expect((await fixture.deadLetters()).length).toBe(2);
  });

  test('without quoting a value', async () => {
    const request = { user: ['ann@example.com'], 'ann@example.com': 1, since: 'ann@example.com' };
    await expect(invoke(request)).rejects.toMatchObject({ message: expect.not.stringContaining('ann') });
  });
});
