import { createServer } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { SHARED_SECRET, startTestRelay, TOKEN } from '../support/relay.ts';
import { runRelayProgram } from '../support/relay-program.ts';
import { until } from '../support/until.ts';

const track = (number: number) => ({
  type: 'track',
  messageId: `m${number}`,
  userId: `user-${number % 50}`,
  event: 'Order Completed',
});

const ndjson = (count: number) =>
  Array.from({ length: count }, (_, index) => `${JSON.stringify(track(index + 1))}\n`).join('');

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A relay that answers by a list of statuses, the last of which it keeps to; it remembers what it accepted. */
async function startFickleRelay(statuses: number[], onRequest = () => {}) {
  const accepted: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    onRequest();
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    if (status === 0) {
      response.destroy();
      return;
    }
    const events: { messageId: string }[] = [JSON.parse(Buffer.concat(chunks).toString())].flat();
    if (status === 200) accepted.push(...events.map(({ messageId }) => messageId));
    response.writeHead(status ?? 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        status === 200 ? { accepted: events.length, deadLettered: 0, skipped: 0 } : { message: 'Not now.' },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/segment`, accepted };
}

test('a file of events arrives, in the order of each user, and is counted', async () => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  const input = `${ndjson(250)}${JSON.stringify({ type: 'screen', userId: '7' })}\n`;
  const { stdout, stderr, code } = await runCli(['send', '--json'], {
    input,
    env: { RELAY_URL: relay.url, SEGMENT_SHARED_SECRETS: SHARED_SECRET },
  });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const summary = { accepted: 250, deadLettered: 0, skipped: 1, failed: 0 };
  expect(JSON.parse(stdout)).toEqual({ ...summary, next: 251, givenUp: null });
  const { events } = await relay.drained();
  for (let user = 0; user < 50; user++) {
    const numbers = events
      .filter((event) => event.contact_uid === `user-${user}`)
      .map((event) => Number(event.messageId?.slice(1)));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
  expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(250);
});

test('a single event is signed as Segment signs an object', async () => {
  const relay = await startTestRelay({ REQUIRE_BOTH: 'true' });
  const args = ['send', '--secret', SHARED_SECRET, '--token', TOKEN, '--url', `${relay.url}/segment`];
  const { stdout, code } = await runCli(args, { input: JSON.stringify(track(1), null, 2) });
  expect({ stdout, code }).toEqual({
    stdout: expect.stringContaining('1 accepted, 0 dead-lettered, 0 skipped, 0 failed'),
    code: 0,
  });
});

test('an event that becomes a dead letter makes the exit code 1; its neighbours are accepted', async () => {
  const relay = await startTestRelay();
  const input = `${ndjson(2)}{"type":"track","userId":"7"}\n`;
  const { stdout, code } = await runCli(['send'], {
    input,
    env: { RELAY_URL: relay.url, INGEST_TOKENS: TOKEN },
  });
  expect({ stdout, code }).toEqual({
    stdout: expect.stringContaining('2 accepted, 1 dead-lettered'),
    code: 1,
  });
  expect((await relay.drained()).operations).toHaveLength(2);
});

test('what fails for a moment is sent again, in its order and once', async () => {
  const { url, accepted } = await startFickleRelay([503, 200, 429, 0, 200]);
  const { stdout, code } = await runCli(['send', '--batch', '2', '--url', url], { input: ndjson(7) });
  expect({ stdout, code }).toEqual({ stdout: expect.stringContaining('7 accepted'), code: 0 });
  expect(accepted).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
});

test('a batch that is refused is counted and told of, and the next ones go', async () => {
  const { url, accepted } = await startFickleRelay([200, 400, 200]);
  const { stdout, stderr, code } = await runCli(['send', '--batch', '2', '--url', url], { input: ndjson(6) });
  expect({ stdout, stderr, code }).toEqual({
    stdout: expect.stringContaining('4 accepted, 0 dead-lettered, 0 skipped, 2 failed'),
    stderr: 'relay: 2 events: the relay answered 400 (Not now.)\n',
    code: 1,
  });
  expect(accepted).toEqual(['m1', 'm2', 'm5', 'm6']);
});

test('a wrong credential ends it at once', async () => {
  const relay = await startTestRelay();
  const args = ['send', '--token', 'wrong', '--url', `${relay.url}/segment`];
  const { stdout, code } = await runCli(args, { input: ndjson(300) });
  expect(code).toBe(1);
  expect(stdout).toMatch(/Given up: the relay answered 401 .*check --secret and --token\.\n$/);
  const forPrograms = await runRelayProgram([...args, '--json'], {}, { input: ndjson(300) });
  expect(JSON.parse(forPrograms.stdout)).toMatchObject({
    accepted: 0,
    givenUp: expect.stringMatching(/401/),
  });
  const triggered = await runRelayProgram(['trigger', ...args.slice(1)]);
  expect(triggered).toMatchObject({ stdout: expect.stringContaining('Given up: '), code: 1 });
  expect(await relay.state()).toMatchObject({ accepted: 0, deadLettered: 0 });
});

test.each([
  ['', [], 'relay: the input holds no event\n'],
  [ndjson(2), ['--skip', '2'], 'relay: the input holds no event after the first 2 events\n'],
])('an input without an event says so: %j %j', async (input, args, note) => {
  const { url } = await startFickleRelay([200]);
  const { stdout, stderr, code } = await runCli(['send', '--url', url, ...args], { input });
  expect({ stdout, stderr, code }).toEqual({
    stdout: expect.stringMatching(/^0 accepted, 0 dead-lettered, 0 skipped, 0 failed/),
    stderr: note,
    code: 0,
  });
});

test('Ctrl-C stops between two requests and tells how to go on, and --skip does so', async () => {
  let requests = 0;
  const { url, accepted } = await startFickleRelay([200], () => {
    requests += 1;
  });
  const { stdout, code } = await runCli(['send', '--batch', '2', '--rate', '50', '--url', url], {
    input: ndjson(100),
    onStart: (child) => until('two requests are out', () => requests >= 2).then(() => child.kill('SIGINT')),
  });
  expect(code).toBe(130);
  const next = accepted.length;
  expect(stdout).toContain(`${next} accepted`);
  expect(stdout).toContain(`Go on with --skip ${next}.`);
  expect(next).toBeLessThan(100);

  const rest = await runCli(['send', '--skip', String(next), '--url', url], { input: ndjson(100) });
  expect(rest.code).toBe(0);
  expect(accepted).toEqual(Array.from({ length: 100 }, (_, index) => `m${index + 1}`));
});

test('what was left out at the beginning counts among what need not be sent again', async () => {
  const { url, accepted } = await startFickleRelay([200]);
  const sent = await runCli(['send', '-', '--skip', '3', '--json', '--url', url], { input: ndjson(5) });
  expect(JSON.parse(sent.stdout)).toMatchObject({ accepted: 2, next: 5 });
  expect(accepted).toEqual(['m4', 'm5']);
});

test('a line that is not JSON is named, and so is how much went before it', async () => {
  const { url, accepted } = await startFickleRelay([200]);
  const { stderr, code } = await runCli(['send', '--batch', '2', '--url', url], {
    input: `${ndjson(6)}{canary\n${ndjson(1)}`,
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^relay: line 7 is not JSON; \d+ events sent before it: fix or remove it, then go on with --skip \d+\n$/,
  );
  expect(accepted).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6'].slice(0, accepted.length));
});

test.each([
  ['a shared secret', { SEGMENT_SHARED_SECRETS: 'configured', INGEST_TOKENS: '' }],
  ['a token', { SEGMENT_SHARED_SECRETS: '', INGEST_TOKENS: 'configured' }],
  ['both', { SEGMENT_SHARED_SECRETS: 'configured', INGEST_TOKENS: 'configured', REQUIRE_BOTH: 'true' }],
])('a local relay with %s takes events with its own, which it shows to no command', async (_, settings) => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000', ...settings });
  const sent = await runCli(['send'], { input: ndjson(3), env: { RELAY_URL: relay.url } });
  expect(sent).toMatchObject({ stderr: '', code: 0 });
  expect(sent.stdout).toMatch(/^3 accepted, /);
  const connection = await fetch(`${relay.url}/local/connection`);
  expect(await connection.text()).not.toContain('configured');
});

test('without a local relay, it says so at once', async () => {
  const { stdout, stderr, code } = await runCli(['send'], {
    input: ndjson(1),
    env: { RELAY_URL: 'http://127.0.0.1:1' },
  });
  expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
  expect(stderr).toMatch(/no relay answers at http:\/\/127.0.0.1:1/);
});

test('relay trigger sends a sample of each type, Engage and a bad one among them', async () => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  const env = { RELAY_URL: relay.url };
  const { stdout, stderr, code } = await runCli(['trigger'], { env });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toMatch(
    /^6 accepted, 1 dead-lettered, 1 skipped, 0 failed: identify, track, page, group, alias, screen, audience, bad$/m,
  );
  expect(stdout).toMatch(/^Next: relay status, relay dlq list, relay logs --message-id demo-\w+$/m);

  const some = await runCli(['trigger', 'burst', 'identify', '--count', '30', '--json'], { env });
  expect(JSON.parse(some.stdout)).toEqual({
    accepted: 31,
    deadLettered: 0,
    skipped: 0,
    failed: 0,
    givenUp: null,
  });
  expect(await runCli(['trigger', 'identfy'], { env })).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/Each must be one of identify, track, .*\. Did you mean identify\?\n$/),
    code: 2,
  });
});
