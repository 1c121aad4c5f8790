import { describe, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { createDeadLetter, createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { setUpDlqCommand } from '../support/dlq-command.ts';
import { until } from '../support/until.ts';

const { relay, dlq, json, writeDeadLetters, countDeadLetters, deliveredMessageIds } = setUpDlqCommand({
  EXCLUDE_EVENTS: 'Unwanted',
});

describe('relay dlq replay', () => {
  const invalid = createDeadLetter(9, {
    body: '{"type":"track","userId":"u9"}',
    reason: 'invalid_event',
    type: undefined,
  });

  test('foretells what would become of dead letters with the mapping of today, and touches none', async () => {
    await writeDeadLetters(
      ...createDeadLetters(1, 3),
      invalid,
      createDeadLetter(10, { replays: 5 }),
      createDeadLetter(11, { body: Buffer.from([0xff, 0xfe]), reason: 'unparseable' }),
    );
    expect(await json('replay', '--dry-run', '--rate', '2')).toEqual({
      matched: 6,
      skipped: { filter: 0, not_replayable: 1, replay_limit: 1, failed_again: 0 },
      wouldReplay: 4,
      wouldSend: 3,
      wouldSkip: 0,
      wouldFail: 1,
      operations: 3,
      aliases: 0,
      seconds: 2,
      more: false,
      unread: 0,
      outcomes: [
        { count: 3, before: 'rejected: Salesmachine answered 422', today: 'sent', detail: '' },
        {
          count: 1,
          before: 'invalid_event: Salesmachine answered 422',
          today: 'fails',
          detail: 'a track event needs a name, but event is missing',
        },
      ],
    });
    const { stdout } = await dlq('replay', '--dry-run');
    expect(stdout.split('\n')[0]).toBe(
      '3 of 6 dead letters would be sent to Salesmachine, 1 would fail again.',
    );
    expect(await relay().state()).toMatchObject({ deadLettered: 6, queued: 0, inFlight: 0, delivered: 0 });
  });

  test('foretells by the settings of the relay what it would skip', async () => {
    const body = JSON.stringify({ type: 'track', event: 'Unwanted', userId: '7' });
    await writeDeadLetters(createDeadLetter(1), createDeadLetter(2, { body }));
    expect(await json('replay', '--dry-run')).toMatchObject({ wouldSend: 1, wouldSkip: 1 });
  });

  test('foretells no more than the limit, and with --force what was replayed too often, too', async () => {
    await writeDeadLetters(...createDeadLetters(1, 3), createDeadLetter(10, { replays: 5 }));
    expect(await json('replay', '--dry-run', '--limit', '2')).toMatchObject({ matched: 2, wouldReplay: 2 });
    expect(await json('replay', '--dry-run', '--force')).toMatchObject({ matched: 4, wouldReplay: 4 });
  });

  test('counts the canaries within the limit, and sends no more of them than that', async () => {
    await writeDeadLetters(...createDeadLetters(1, 9));
    expect(await json('replay', '--canary', '2', '--limit', '3')).toMatchObject({ replayed: 3 });
    expect(await json('replay', '--canary', '5', '--limit', '2')).toMatchObject({ replayed: 2 });
    await relay().drained();
    expect(deliveredMessageIds()).toHaveLength(5);
    expect(await countDeadLetters()).toBe(4);
  });

  test('says in a dry run that there is nothing to replay', async () => {
    const { stdout, code } = await dlq('replay', '--dry-run');
    expect({ stdout, code }).toEqual({
      stdout: `No dead letters in the local relay at ${relay().url}.\n`,
      code: 0,
    });
  });

  test('replays what the filter lets pass, and leaves the rest', async () => {
    await writeDeadLetters(
      ...createDeadLetters(1, 20),
      createDeadLetter(21, { type: 'page' }),
      createDeadLetter(22, { replays: 5 }),
      createDeadLetter(23, { body: Buffer.from([0xff, 0xfe]) }),
    );
    const { stdout, stderr, code } = await dlq('replay', '--type', 'track');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^20 dead letters replayed(?: in \d+ s, \d+ a second)?\.$/m);
    expect(stdout).toContain('1 stay: replayed 5 times already');
    expect(stdout).toContain('1 stay: they are not stored as a whole.');
    await relay().drained();
    expect(deliveredMessageIds()).toEqual(
      createDeadLetters(1, 20)
        .map(({ messageId }) => messageId)
        .toSorted(),
    );
    expect(await countDeadLetters()).toBe(3);
  });

  test('says that there may be more where its limit has ended it', async () => {
    await writeDeadLetters(...createDeadLetters(1, 3));
    expect((await dlq('replay', '--limit', '2')).stdout).toContain('There may be more: run it again.');
    expect((await dlq('replay')).stdout).not.toContain('There may be more');
  });

  test('stops after the canaries if one of them comes back, and tells why', async () => {
    relay().fakeSalesmachine?.reject('display_name');
    await writeDeadLetters(...createDeadLetters(1, 6));
    const { stdout, code } = await dlq('replay', '--canary', '2');
    expect(code).toBe(1);
    expect(stdout).toMatch(/2 came back: rejected: Salesmachine answered 400: .*Nothing more was replayed/);
    expect(deliveredMessageIds()).toEqual([]);
    const { causes } = await json('list');
    const total = causes.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
    expect(total).toBe(6);
    expect(causes).toContainEqual(expect.objectContaining({ status: 400, count: 2, replayed: 2 }));
  });

  test('says for programs, too, what came back of the canaries', async () => {
    relay().fakeSalesmachine?.reject('display_name');
    await writeDeadLetters(...createDeadLetters(1, 3));
    expect(await json('replay', '--canary', '2')).toEqual({
      canary: { passed: false, sent: 2, cause: expect.stringContaining('2 came back: rejected') },
    });
  });

  test('stops cleanly at Ctrl-C, and goes on when it is run again', async () => {
    await writeDeadLetters(...createDeadLetters(1, 60));
    const { stdout, code } = await runCli(['dlq', 'replay', '--rate', '20'], {
      env: { RELAY_URL: relay().url },
      onStart: (child) =>
        until('something is replayed', () => deliveredMessageIds().length > 0).then(() =>
          child.kill('SIGINT'),
        ),
    });
    expect({ code, stopped: stdout.includes('Stopped: run it again to go on.') }).toEqual({
      code: 130,
      stopped: true,
    });
    await relay().drained();
    const before = deliveredMessageIds().length;
    expect(before).toBeLessThan(60);
    expect(await countDeadLetters()).toBe(60 - before);

    expect((await json('replay')).replayed).toBe(60 - before);
    await relay().drained();
    expect(deliveredMessageIds()).toEqual(
      createDeadLetters(1, 60)
        .map(({ messageId }) => messageId)
        .toSorted(),
    );
  });
});
