import { readFileSync } from 'node:fs';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { setUpDlqCommand } from '../support/dlq-command.ts';
import { createTerminal, runRelayProgram } from '../support/relay-program.ts';

const { relay, fileNamed, dlq, writeDeadLetters, countDeadLetters } = setUpDlqCommand();

/** Another reader that has up to ten dead letters, for a minute. */
const receiveSome = () =>
  relay()
    .queues.connect()
    .send(
      new ReceiveMessageCommand({
        QueueUrl: relay().queues.deadLetters.url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 60,
      }),
    );

const UNREAD = /About 3 could not be read now: another reader has them/;

describe('dead letters that another reader has', () => {
  test.each([
    ['list', ['list']],
    ['replay --dry-run', ['replay', '--dry-run']],
  ])('relay dlq %s does not say that there are none', async (_, args) => {
    await writeDeadLetters(...createDeadLetters(1, 3));
    await receiveSome();
    const { stdout } = await dlq(...args);
    expect(stdout).toMatch(/^No dead letter could be read in the local relay/);
    expect(stdout).toMatch(UNREAD);
  });

  test('relay status counts them all the same', async () => {
    await writeDeadLetters(...createDeadLetters(1, 3));
    await receiveSome();
    const { stdout } = await runRelayProgram(['status', '--json'], { RELAY_URL: relay().url });
    expect(JSON.parse(stdout)).toMatchObject({ deadLetters: 3 });
  });

  test('relay dlq purge deletes none, and says why', async () => {
    await writeDeadLetters(...createDeadLetters(1, 3));
    await receiveSome();
    const { stderr } = await dlq('purge', '--reason', 'rejected', '--why', 'a test', '--yes');
    expect(stderr).toMatch(UNREAD);
    expect(stderr).toMatch(/No such dead letter could be read/);
    expect(await countDeadLetters()).toBe(3);
  });

  test('relay dlq purge says how many it did not delete, also by its exit code', async () => {
    await writeDeadLetters(...createDeadLetters(1, 3));
    const streams = createTerminal(async () => {
      await receiveSome();
      return 'y';
    });
    const file = fileNamed('purged.ndjson');
    const args = ['dlq', 'purge', '--reason', 'rejected', '--why', 'a test', '--file', file];
    const { code, stderr } = await runRelayProgram(args, { RELAY_URL: relay().url }, { streams });
    expect(code).toBe(1);
    expect(stderr).toContain('3 were not deleted: run it again.');
    expect(await countDeadLetters()).toBe(3);
  });

  test('relay dlq export says that the file is not all, also by its exit code', async () => {
    await writeDeadLetters(...createDeadLetters(1, 3));
    await receiveSome();
    await writeDeadLetters(...createDeadLetters(10, 2));
    const file = fileNamed('some.ndjson');
    const { stderr, code } = await dlq('export', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(UNREAD);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });
});

test.each([
  ['list', ['list', '--event', 'm999']],
  ['replay --dry-run', ['replay', '--dry-run', '--event', 'm999']],
])('relay dlq %s says "no such" where others are there', async (_, args) => {
  await writeDeadLetters(...createDeadLetters(1, 3));
  const { stdout } = await dlq(...args);
  expect(stdout).toMatch(/^No such dead letters in the local relay/);
});
