import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { runbook } from '../../lib/dead-letters/runbook.ts';
import { runCli } from '../support/cli.ts';
import { createDeadLetter, createDeadLetters, DEAD_LETTERED_AT } from '../support/dead-letter-fixtures.ts';
import { secretive, setUpDlqCommand } from '../support/dlq-command.ts';
import { receiveAll } from '../support/receive-all.ts';

const { relay, dlq, json, writeDeadLetters, countDeadLetters } = setUpDlqCommand();

describe('relay dlq list', () => {
  test('groups 5,000 dead letters by cause, and releases all of them', async () => {
    await writeDeadLetters(
      ...createDeadLetters(0, 4_500),
      ...createDeadLetters(4_500, 200).map((deadLetter, index) => ({
        ...deadLetter,
        body: JSON.stringify({ type: 'track', event: 'Clicked', userId: 'busy', messageId: `busy${index}` }),
      })),
      ...createDeadLetters(4_700, 300).map((deadLetter) => ({
        ...deadLetter,
        reason: 'invalid_event' as const,
        status: undefined,
        detail: 'the event has no user',
      })),
    );
    const { deadLetters: count, unread, causes } = await json('list');
    expect({ count, unread }).toEqual({ count: 5_000, unread: 0 });
    expect(causes).toMatchObject([
      { reason: 'rejected', status: 422, count: 4_700, types: { track: 4_700 }, replayed: 0 },
      { reason: 'invalid_event', status: null, count: 300, detail: 'the event has no user' },
    ]);
    expect((await json('list', '--user', 'busy')).causes).toMatchObject([{ reason: 'rejected', count: 200 }]);
    expect(await relay().state()).toMatchObject({ deadLettered: 5_000, queued: 0, inFlight: 0 });
  });

  test('says for people what happened and what to do, and nothing of the event', async () => {
    await writeDeadLetters(
      secretive,
      ...[1, 2].map((number) =>
        createDeadLetter(number, {
          reason: 'server_error',
          status: 500,
          detail: 'Salesmachine answered 500',
          deadAt: DEAD_LETTERED_AT + number * 60_000,
          replays: number,
        }),
      ),
    );
    // As SQS itself moves it: with nothing that says why.
    const crashed = {
      MessageBody: secretive.body.toString(),
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
    };
    await relay()
      .queues.connect()
      .send(new SendMessageCommand({ QueueUrl: relay().queues.deadLetters.url, ...crashed }));

    const { stdout, stderr, code } = await dlq('list', '--until', '2026-02-01', '--type', 'track,identify');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('3 dead letters of 2 causes');
    expect(stdout).toContain('1 × rejected (422): Salesmachine answered 422');
    expect(stdout).toMatch(/ when +2026-01-02 00:00:00 UTC\n +events +1 identify\n/);
    expect(stdout).toMatch(
      / when +2026-01-02 00:01:00 to 2026-01-02 00:02:00 UTC\n +events +2 track, 2 of them replayed before\n/,
    );
    expect(stdout).toContain(runbook.server_error.advice);
    expect(stdout).toContain('"userId":"‹text›"');
    expect(stdout).not.toContain('hush');

    const { causes } = await json('list', '--user', 'hush-user', '--since', '1h');
    expect(causes).toMatchObject([{ reason: 'receive_limit', count: 1, types: { identify: 1 } }]);
    expect(JSON.stringify(causes)).not.toContain('hush');
  });
});

test('relay status counts dead letters without receiving any', async () => {
  await writeDeadLetters(...createDeadLetters(0, 2_000));
  const { stdout } = await runCli(['status', '--json'], { env: { RELAY_URL: relay().url } });
  expect(JSON.parse(stdout)).toMatchObject({ deadLetters: 2_000 });
  const messages = await receiveAll(relay().queues.connect(), relay().queues.deadLetters);
  expect(messages.map(({ receiveCount }) => receiveCount)).toEqual(Array(2_000).fill(1));
});

describe('relay dlq show', () => {
  test('shows one dead letter, without its values unless they are asked for', async () => {
    await writeDeadLetters(secretive, createDeadLetter(1));
    const id = serializeDeadLetter(secretive).groupId;
    const { stdout, code } = await dlq('show', id);
    expect(code).toBe(0);
    expect(stdout).toContain('rejected (422): Salesmachine answered 422');
    expect(stdout).toContain('today     would be sent again, as 1 operation: contact');
    expect(stdout).toContain('"plan": "‹text›"');
    expect(stdout).toContain("sent to Salesmachine, by today's mapping: contact");
    expect(stdout).toContain('"contact_uid": "‹text›"');
    expect(stdout).not.toContain('hush');

    const { event, operations, replayable } = await json('show', id, '--reveal');
    expect(replayable).toBe(true);
    expect(operations).toMatchObject([{ method: 'contact', contact_uid: 'hush-user' }]);
    expect(event).toEqual(JSON.parse(secretive.body.toString()));
    expect(await countDeadLetters()).toBe(2);
  });

  test('says that there is no such dead letter', async () => {
    expect(await dlq('show', 'unknown')).toMatchObject({ stdout: '', code: 2 });
  });
});
