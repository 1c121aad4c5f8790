import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type DeadLetter, serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { runbook } from '../../lib/dead-letters/runbook.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { runCli } from '../support/cli.ts';
import { createDeadLetter, createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { recordingLog } from '../support/log.ts';
import { receiveAll } from '../support/receive-all.ts';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { createTerminal, runRelayProgram } from '../support/relay-program.ts';
import { until } from '../support/until.ts';

// Each command is a process of its own, and the machine may be busy.
let relay: TestRelay;
let directory: string;

beforeEach(async () => {
  relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  directory = mkdtempSync(join(tmpdir(), 'relay-dlq-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const dlq = (...args: string[]) => runCli(['dlq', ...args], { env: { RELAY_URL: relay.url } });

async function json(...args: string[]) {
  const { stdout, stderr } = await dlq(...args, '--json');
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const deadLetterQueue = () => ({ sqs: relay.queues.connect(), queue: relay.queues.deadLetters.url });

async function writeDeadLetters(...deadLetters: DeadLetter[]): Promise<void> {
  const { sqs, queue } = deadLetterQueue();
  await sendMessages(
    deadLetters.map(serializeDeadLetter),
    { sqs, queueUrl: queue, clock: systemClock, random: systemRandom, log: recordingLog() },
    new AbortController().signal,
  );
}

const countDeadLetters = async () => (await relay.state()).deadLettered;

const deliveredMessageIds = (): string[] =>
  relay.fakeSalesmachine
    ?.state()
    .operations.map(({ messageId = '' }) => messageId)
    .toSorted() ?? [];

const secretive = createDeadLetter(70, {
  body: JSON.stringify({
    type: 'identify',
    messageId: 'm70',
    userId: 'hush-user',
    traits: { email: 'hush@example.com', plan: 'hush-plan', 'hush@example.com': 1 },
  }),
  type: 'identify',
});

describe('relay dlq list', () => {
  test('groups 5,000 dead letters by what they died of, and hands all of them back', async () => {
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
    expect(await relay.state()).toMatchObject({ deadLettered: 5_000, queued: 0, inFlight: 0 });
  });

  test('says for people what happened and what to do, and nothing of the event', async () => {
    const { sqs, queue } = deadLetterQueue();
    await writeDeadLetters(
      secretive,
      createDeadLetter(1, { reason: 'server_error', status: 500, detail: 'Salesmachine answered 500' }),
    );
    // As SQS itself moves it: with nothing that says why.
    const crashed = {
      MessageBody: secretive.body.toString(),
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
    };
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, ...crashed }));

    const { stdout, stderr, code } = await dlq('list', '--until', '2026-02-01', '--type', 'track,identify');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('2 dead letters of 2 causes');
    expect(stdout).toContain('1 × rejected (422): Salesmachine answered 422');
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
  const { stdout } = await runCli(['status', '--json'], { env: { RELAY_URL: relay.url } });
  expect(JSON.parse(stdout)).toMatchObject({ deadLetters: 2_000 });
  const messages = await receiveAll(relay.queues.connect(), relay.queues.deadLetters);
  expect(messages.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
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

    const { event, operations } = await json('show', id, '--reveal');
    expect(operations).toMatchObject([{ method: 'contact', contact_uid: 'hush-user' }]);
    expect(event).toEqual(JSON.parse(secretive.body.toString()));
    expect(await countDeadLetters()).toBe(2);
  });

  test('says that there is no such dead letter', async () => {
    expect(await dlq('show', 'unknown')).toMatchObject({ stdout: '', code: 2 });
  });
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
    expect(await relay.state()).toMatchObject({ deadLettered: 6, queued: 0, inFlight: 0, delivered: 0 });
  });

  test('replays what the filter lets pass, and leaves the rest', async () => {
    await writeDeadLetters(
      ...createDeadLetters(1, 20),
      createDeadLetter(21, { type: 'page' }),
      createDeadLetter(22, { replays: 5 }),
    );
    const { stdout, stderr, code } = await dlq('replay', '--type', 'track');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^20 dead letters replayed in \d+ s, \d+ a second\.$/m);
    expect(stdout).toContain('1 stay: replayed 5 times already');
    await relay.drained();
    expect(deliveredMessageIds()).toEqual(
      createDeadLetters(1, 20)
        .map(({ messageId }) => messageId)
        .toSorted(),
    );
    expect(await countDeadLetters()).toBe(2);
  });

  test('stops after the canaries if one of them comes back, and tells why', async () => {
    relay.fakeSalesmachine?.reject('display_name');
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

  test('stops cleanly at Ctrl-C, and goes on when it is run again', async () => {
    await writeDeadLetters(...createDeadLetters(1, 60));
    const { stdout, code } = await runCli(['dlq', 'replay', '--rate', '20'], {
      env: { RELAY_URL: relay.url },
      onStart: (child) =>
        until('something is replayed', () => deliveredMessageIds().length > 0).then(() =>
          child.kill('SIGINT'),
        ),
    });
    expect({ code, stopped: stdout.includes('Stopped: run it again to go on.') }).toEqual({
      code: 130,
      stopped: true,
    });
    await relay.drained();
    const before = deliveredMessageIds().length;
    expect(before).toBeLessThan(60);
    expect(await countDeadLetters()).toBe(60 - before);

    expect((await json('replay')).replayed).toBe(60 - before);
    await relay.drained();
    expect(deliveredMessageIds()).toEqual(
      createDeadLetters(1, 60)
        .map(({ messageId }) => messageId)
        .toSorted(),
    );
  });
});

describe('relay dlq export', () => {
  test('writes the dead letters with their events, and leaves them', async () => {
    await writeDeadLetters(secretive, ...createDeadLetters(1, 30));
    const file = join(directory, 'letters.ndjson');
    expect(await dlq('export', file, '--reason', 'rejected')).toMatchObject({ stdout: '', code: 0 });
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(31);
    expect(lines).toContainEqual(
      expect.objectContaining({ messageId: 'm70', reason: 'rejected', body: secretive.body, replays: 0 }),
    );
    expect(await countDeadLetters()).toBe(31);
    // Personal data: for its owner only.
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await dlq('export', file)).toMatchObject({
      stderr: expect.stringContaining('exists already'),
      code: 2,
    });
  });
});

describe('relay dlq purge', () => {
  const purge = (...args: string[]) => dlq('purge', '--reason', 'server_error', '--why', 'a test', ...args);

  test('deletes what was asked for once it stands in a file, and nothing else', async () => {
    await writeDeadLetters(
      ...createDeadLetters(1, 12),
      ...[20, 21].map((number) => createDeadLetter(number, { reason: 'server_error' })),
    );
    const file = join(directory, 'purged.ndjson');
    const { stderr, code } = await purge('--yes', '--file', file);
    expect({ stderr, code }).toEqual({ stderr: `2 dead letters deleted; they are in ${file}\n`, code: 0 });
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ messageId }) => messageId).toSorted()).toEqual(['m20', 'm21']);
    expect(lines[0]).toMatchObject({ body: expect.any(String), purged: { why: 'a test' } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await relay.state()).toMatchObject({ deadLettered: 12, queued: 0, inFlight: 0 });
  });

  test('deletes nothing that it could not write down first', async () => {
    await writeDeadLetters(createDeadLetter(1, { reason: 'server_error' }));
    const file = join(directory, 'limited.ndjson');
    const { code, stderr } = await runCli(
      ['dlq', 'purge', '--reason', 'server_error', '--why', 'a test', '--yes', '--file', file],
      // No file may grow: as on a disk that is full.
      { env: { RELAY_URL: relay.url }, shell: 'trap "" XFSZ; ulimit -f 0' },
    );
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('EFBIG') });
    expect(await countDeadLetters()).toBe(1);
  });

  test('leaves what arrives after the question', async () => {
    const serverError = (number: number) => createDeadLetter(number, { reason: 'server_error' });
    await writeDeadLetters(serverError(1), serverError(2));
    const file = join(directory, 'asked.ndjson');
    const terminal = createTerminal(async (question) => {
      expect(question).toMatch(/^Delete 2 dead letters of .*\? \[y\/N\] $/);
      await writeDeadLetters(serverError(3));
      return 'y';
    });
    const args = ['dlq', 'purge', '--reason', 'server_error', '--why', 'a test', '--file', file];
    const { code } = await runRelayProgram(args, { RELAY_URL: relay.url }, { streams: terminal });
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(await countDeadLetters()).toBe(1);
  });

  test('deletes nothing without a yes, nor where it cannot write the file', async () => {
    await writeDeadLetters(createDeadLetter(1, { reason: 'server_error' }));
    const file = join(directory, 'there.ndjson');
    writeFileSync(file, 'precious');
    expect(await purge()).toMatchObject({ stderr: expect.stringContaining('add --yes'), code: 2 });
    expect(await purge('--yes', '--file', file)).toMatchObject({ code: 2 });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(await countDeadLetters()).toBe(1);
  });
});
