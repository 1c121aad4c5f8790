import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { createDeadLetter, createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { secretive, setUpDlqCommand } from '../support/dlq-command.ts';
import { createTerminal, runRelayProgram } from '../support/relay-program.ts';

const { relay, fileNamed, dlq, writeDeadLetters, countDeadLetters } = setUpDlqCommand();

describe('relay dlq export', () => {
  test('writes the dead letters with their events, and leaves them', async () => {
    await writeDeadLetters(secretive, ...createDeadLetters(1, 30));
    const file = fileNamed('exported.ndjson');
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
    const again = await runCli(['dlq', 'export', file], { env: { RELAY_URL: relay().url } });
    expect(again).toMatchObject({
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
    const file = fileNamed('purged.ndjson');
    const { stderr, code } = await purge('--yes', '--file', file);
    expect({ stderr, code }).toEqual({ stderr: `2 dead letters deleted; they are in ${file}\n`, code: 0 });
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ messageId }) => messageId).toSorted()).toEqual(['m20', 'm21']);
    expect(lines[0]).toMatchObject({ body: expect.any(String), purged: { why: 'a test' } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await relay().state()).toMatchObject({ deadLettered: 12, queued: 0, inFlight: 0 });
  });

  test('deletes nothing that it could not write down first', async () => {
    await writeDeadLetters(createDeadLetter(1, { reason: 'server_error' }));
    const file = fileNamed('limited.ndjson');
    const { code, stderr } = await runCli(
      ['dlq', 'purge', '--reason', 'server_error', '--why', 'a test', '--yes', '--file', file],
      // No file may grow: as on a disk that is full.
      { env: { RELAY_URL: relay().url }, shell: 'trap "" XFSZ; ulimit -f 0' },
    );
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('EFBIG') });
    expect(await countDeadLetters()).toBe(1);
  });

  test('deletes nothing that the disk has not confirmed', async () => {
    await writeDeadLetters(createDeadLetter(1, { reason: 'server_error' }));
    const handle = await open(fileNamed('another.ndjson'), 'w');
    const sync = jest.spyOn(Object.getPrototypeOf(handle), 'sync').mockRejectedValue(new Error('EIO'));
    const { code } = await purge('--yes', '--file', fileNamed('unconfirmed.ndjson'));
    sync.mockRestore();
    await handle.close();
    expect(code).toBe(1);
    expect(await countDeadLetters()).toBe(1);
  });

  test('ends at Ctrl-C while it still looks for them: without a word, a file or a delete', async () => {
    await writeDeadLetters(createDeadLetter(1, { reason: 'server_error' }));
    const file = fileNamed('interrupted.ndjson');
    const args = ['dlq', 'purge', '--reason', 'server_error', '--why', 'a test', '--yes', '--file', file];
    const interrupt = AbortSignal.abort();
    const { stdout, stderr } = await runRelayProgram(args, { RELAY_URL: relay().url }, { interrupt });
    expect([stdout, stderr]).toEqual(['', '']);
    expect(existsSync(file)).toBe(false);
    expect(await countDeadLetters()).toBe(1);
  });

  test('leaves what arrives after the question', async () => {
    const serverError = (number: number) => createDeadLetter(number, { reason: 'server_error' });
    await writeDeadLetters(serverError(1), serverError(2));
    const file = fileNamed('asked.ndjson');
    const terminal = createTerminal(async (question) => {
      expect(question).toMatch(/^Delete 2 dead letters of .*\? \[y\/N\] $/);
      await writeDeadLetters(serverError(3));
      return 'y';
    });
    const args = ['dlq', 'purge', '--reason', 'server_error', '--why', 'a test', '--file', file];
    const { code } = await runRelayProgram(args, { RELAY_URL: relay().url }, { streams: terminal });
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(await countDeadLetters()).toBe(1);
  });

  test('deletes nothing without a yes, nor where it cannot write the file', async () => {
    await writeDeadLetters(createDeadLetter(1, { reason: 'server_error' }));
    const file = fileNamed('there.ndjson');
    writeFileSync(file, 'precious');
    expect(await purge()).toMatchObject({ stderr: expect.stringContaining('add --yes'), code: 2 });
    expect(await purge('--yes', '--file', file)).toMatchObject({ code: 2 });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(await countDeadLetters()).toBe(1);
  });
});
