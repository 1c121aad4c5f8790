import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { runRelayProgram } from '../support/relay-program.ts';

const main = fileURLToPath(new URL('../../lib/cli/relay-command.ts', import.meta.url));
const events = new URL('../fixtures/events/', import.meta.url);
const eventFiles = readdirSync(events).filter((name) => name.endsWith('.json'));

function linesOf(stdout: string) {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

const timestamp = '2026-01-02T03:04:05.678Z';
const track = {
  type: 'track',
  messageId: 'm1',
  userId: 7,
  event: 'Order Completed',
  properties: { revenue: 9.5 },
};
const identify = { type: 'identify', anonymousId: 'a1', traits: { plan: 'free' } };
const alias = { type: 'alias', messageId: 'm3', userId: 'u1', previousId: 'a1' };

describe('relay map', () => {
  test('prints a line for each event, whatever becomes of it', async () => {
    const input = [
      track,
      identify,
      { type: 'screen', messageId: 'm4', userId: 'u1' },
      { messageId: 5, userId: 'u1' },
      'text',
    ];
    const { stdout, stderr, code } = await runCli(['map'], { input: JSON.stringify(input) });
    expect({ stderr, code }).toEqual({
      stderr: 'relay: no time can be read in 2 events: created_at will be the time of acceptance\n',
      code: 0,
    });
    expect(stdout.split('\n')[0]).toBe(
      '{"messageId":"m1","operations":[{"method":"event","contact_uid":"7","event_uid":"order_completed",' +
        '"params":{"display_name":"Order Completed","revenue":9.5},"messageId":"m1"}]}',
    );
    expect(linesOf(stdout).slice(1)).toEqual([
      { messageId: null, operations: [{ method: 'contact', contact_uid: 'a1', params: { plan: 'free' } }] },
      { messageId: 'm4', skipped: 'screen' },
      { messageId: '5', invalid: expect.stringContaining('type') },
      { messageId: null, invalid: expect.stringContaining('object') },
    ]);
  });

  test.each<[string, string | Buffer]>([
    ["an SDK's batch", JSON.stringify({ batch: [track, alias] })],
    ["an Extensible Webhook's batch", JSON.stringify([{ json: track }, { json: alias }])],
    ['objects on many lines', [track, alias].map((event) => JSON.stringify(event, null, 2)).join('\n')],
    ['NDJSON in UTF-16', Buffer.from(`${JSON.stringify(track)}\n${JSON.stringify(alias)}\n`, 'utf16le')],
    ['a compressed array', gzipSync(JSON.stringify([track, alias]))],
  ])('reads %s', async (_form, input) => {
    const { stdout, code } = await runRelayProgram(['map'], {}, { input });
    expect(code).toBe(0);
    expect(linesOf(stdout).map(({ messageId }) => messageId)).toEqual(['m1', 'm3']);
  });

  test('notes on standard error only how many events lack a time', async () => {
    const timed = { ...track, timestamp };
    const map = async (...input: object[]) =>
      (await runRelayProgram(['map'], {}, { input: JSON.stringify(input) })).stderr;
    expect(await map(timed, { ...timed, type: 'screen' })).toBe('');
    expect(await map(timed, { ...track, timestamp: 'Invalid Date' })).toBe(
      'relay: no time can be read in 1 event: created_at will be the time of acceptance\n',
    );
  });

  test('says with --explain what the settings exclude, by which pattern, and that a time is missing', async () => {
    const event = {
      ...track,
      properties: { apiToken: 'secret', url: 'https://x.test/?key=secret&a=1' },
      context: { traits: { email: 'ann@example.com' } },
    };
    const env = { EXCLUDE_ATTRIBUTES: 'email,*token*', EXCLUDE_QUERY: 'key', EXCLUDE_EVENTS: 'Debug *' };
    const { stdout } = await runRelayProgram(['map', '--explain'], env, { input: JSON.stringify(event) });
    expect(stdout).toContain(
      'excluded: properties.apiToken (EXCLUDE_ATTRIBUTES: *token*), properties.url (EXCLUDE_QUERY: key), ' +
        'context.traits.email (EXCLUDE_ATTRIBUTES: email)',
    );
    expect(stdout).toContain(
      'no time: none can be read from timestamp, originalTimestamp, receivedAt or sentAt',
    );
    expect(stdout).not.toMatch(/secret|example\.com/);

    const input = JSON.stringify({ ...track, event: 'Debug Tick' });
    expect((await runRelayProgram(['map', '--explain'], env, { input })).stdout).toContain(
      'skipped: its name matches a pattern of EXCLUDE_EVENTS: Debug *',
    );
  });

  test.each([
    ['single', 'POST /v1/alias'],
    ['batch', 'POST /v1/batch'],
  ])('says with --explain which call an alias is sent by: ALIAS=%s', async (ALIAS, call) => {
    const input = JSON.stringify(alias);
    expect((await runRelayProgram(['map', '--explain'], { ALIAS }, { input })).stdout).toContain(call);
  });

  test('obeys the settings of the environment', async () => {
    const input = JSON.stringify([track, identify, alias]);
    const { stdout, code } = await runCli(['map', '-'], {
      input,
      env: { ANONYMOUS_CONTACTS: 'skip', ALIAS: 'off' },
    });
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual([
      { messageId: 'm1', operations: [expect.objectContaining({ event_uid: 'order_completed' })] },
      { messageId: null, skipped: 'anonymous' },
      { messageId: 'm3', skipped: 'alias_off' },
    ]);
  });

  test.each(eventFiles)('maps every real event of %s', async (name) => {
    const file = new URL(name, events);
    const { stdout, code } = await runRelayProgram(['map', fileURLToPath(file)]);
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    expect(lines).toHaveLength(JSON.parse(readFileSync(file, 'utf8')).length);
    for (const { operations } of lines.filter((line) => 'operations' in line)) {
      expect(operations.length).toBeGreaterThan(0);
      for (const operation of operations) expectUsable(operation);
    }
  });

  test('prints the events before a line that is not JSON, then names the line', async () => {
    const input = `${JSON.stringify(track)}\n${JSON.stringify(alias)}\n{"canary"\n${JSON.stringify(identify)}\n`;
    const { stdout, stderr, code } = await runCli(['map'], { input });
    expect(linesOf(stdout).map(({ messageId }) => messageId)).toEqual(['m1', 'm3']);
    expect({ stderr, code }).toEqual({ stderr: 'relay: line 3 is not JSON\n', code: 2 });
  });

  test.each([
    [
      'a file that is not there',
      ['map', 'no-such-file.json'],
      /^relay: cannot read the input: .*no-such-file\.json/,
    ],
    ['a directory', ['map', '/'], /^relay: \/ is a directory: name a file$/m],
    ['two files', ['map', 'a.json', 'b.json'], /^relay: too many arguments for 'map'/],
    ['an unknown flag', ['map', '--frobnicate'], /^relay: .*--frobnicate/],
    ['an unknown command', ['frobnicate'], /^relay: unknown command 'frobnicate': --help lists them/],
    ['a command of every object', ['constructor'], /^relay: unknown command 'constructor'/],
    ['no command', [], /^relay: which command\? --help lists them/],
  ])('refuses %s in one line', async (_what, args, message) => {
    const { stdout, stderr, code } = await runCli(args);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  test('says that an input holds no event', async () => {
    const { stdout, stderr, code } = await runCli(['map'], { input: '\n' });
    expect({ stdout, stderr, code }).toEqual({
      stdout: '',
      stderr: 'relay: the input holds no event\n',
      code: 0,
    });
  });

  test('refuses a setting that has no such value in one line', async () => {
    const { stdout, stderr, code } = await runCli(['map'], { input: '{}', env: { ALIAS: 'canary' } });
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^relay: .*ALIAS must be one of single, batch, off.*\n$/);
    expect(stderr).not.toContain('canary');
  });

  test.each([[['--help']], [['map', '--help']], [['map', 'file', '-h']]])(
    'explains itself for %j',
    async (args) => {
      const { stdout, stderr, code } = await runCli(args);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout).toContain('Usage: relay');
    },
  );

  test('maps more than fits into the pipes', async () => {
    const line = `${JSON.stringify({ ...track, properties: { text: 'x'.repeat(1000) } })}\n`;
    const { stdout, code } = await runCli(['map'], { input: line.repeat(20_000) });
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(20_001);
  });

  test('ends quietly when its reader has seen enough', async () => {
    const child = spawn(process.execPath, [main, 'map'], { env: COMPILE_CACHE });
    child.stdin.on('error', () => {}); // The child ends before it has read everything: that is the point.
    child.stdin.end(`${JSON.stringify(track)}\n`.repeat(100_000));
    child.stdout.once('data', () => child.stdout.destroy());
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stderr, code] = await Promise.all([text(child.stderr), exit]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  });
});

/** What Salesmachine documents of every item: ids are text that says something, params are flat. */
function expectUsable(operation: Record<string, unknown>): void {
  const ids = ['contact_uid', 'account_uid', 'event_uid', 'previous_contact_uid', 'messageId'].filter(
    (id) => id in operation,
  );
  for (const id of ids) expect(operation[id]).toEqual(expect.stringMatching(/\S/));
  if ('event_uid' in operation)
    expect(operation['event_uid']).toMatch(/^[\p{L}\p{M}\p{N}]+(_[\p{L}\p{M}\p{N}]+)*$/u);
  if ('created_at' in operation)
    expect(operation['created_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  for (const value of Object.values(operation['params'] ?? {})) {
    expect(value === null || ['string', 'number', 'boolean'].includes(typeof value)).toBe(true);
  }
}
