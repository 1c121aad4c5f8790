import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { listen } from '../../../lib/local/http-server.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { sendMessages } from '../../../lib/sqs/send-messages.ts';
import { createDeadLetter } from '../../support/dead-letter-fixtures.ts';
import { recordingLog } from '../../support/log.ts';
import { startTestRelay, type TestRelay } from '../../support/relay.ts';
import { runRelayProgram } from '../../support/relay-program.ts';

/** Clears the screen, in three ways; then turns what follows around. */
const EVIL = '\u001B[2J\u009B2J\u0090\u202Eevil\u2066\u2028\u0007\u007F';

/** All but the line breaks between lines. */
const UNSAFE = /[^\P{Cc}\n]|[\p{Bidi_Control}\u2028\u2029]/u;

let relay: TestRelay;
let directory: string;

beforeEach(async () => {
  relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  directory = mkdtempSync(join(tmpdir(), 'relay-terminal-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const event = (fields: object) => ({
  type: 'track',
  userId: EVIL,
  event: EVIL,
  messageId: EVIL,
  timestamp: EVIL,
  properties: { [EVIL]: EVIL, nested: { [EVIL]: [EVIL, { [EVIL]: 1 }] } },
  ...fields,
});

const evilDeadLetter = (number: number, type: string) =>
  serializeDeadLetter(
    createDeadLetter(number, {
      body: JSON.stringify(event({ type })),
      type,
      messageId: EVIL,
      detail: `Salesmachine answered 422: ${EVIL}`,
      sender: { route: '/segment', userAgent: EVIL, credential: 'token 1', requestId: EVIL },
    }),
  );

async function writeDeadLetters(...types: string[]) {
  const ports = {
    sqs: relay.queues.connect(),
    clock: systemClock,
    random: systemRandom,
    log: recordingLog(),
  };
  const messages = types.map((type, index) => evilDeadLetter(index, type));
  const queueUrl = relay.queues.deadLetters.url;
  await sendMessages(messages, { ...ports, queueUrl }, new AbortController().signal);
  return messages.map(({ groupId }) => groupId);
}

async function output(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runRelayProgram(args, { RELAY_URL: relay.url });
  return stdout + stderr;
}

test('nothing that a sender put into an event controls the terminal of the operator who looks at it', async () => {
  const [id = ''] = await writeDeadLetters('track', EVIL);
  const file = join(directory, 'events.ndjson');
  writeFileSync(
    file,
    [event({}), event({ type: EVIL }), event({ type: 'identify', traits: event({}) })]
      .map((each) => JSON.stringify(each))
      .join('\n'),
  );

  const outputs = [
    await output('dlq', 'list'),
    await output('dlq', 'list', '--json'),
    await output('dlq', 'show', id),
    await output('dlq', 'show', id, '--reveal'),
    await output('dlq', 'show', id, '--reveal', '--json'),
    await output('dlq', 'export'),
    await output('dlq', 'replay', '--dry-run'),
    await output('map', file),
    await output('map', '--explain', file),
    await output('dlq', 'list', '--reason', EVIL),
    await output('send', EVIL),
  ];
  for (const text of outputs) {
    expect(text).toMatch(/evil/);
    expect(text).not.toMatch(UNSAFE);
  }
});

test('nothing that a server answers controls the terminal either', async () => {
  const server = await listen(async () => ({ status: 400, body: JSON.stringify({ message: EVIL }) }));
  const file = join(directory, 'event.json');
  writeFileSync(file, '{"type":"track","userId":"u","event":"e"}');
  const text = await output('send', file, '--url', server.url, '--token', 't');
  await server.stop();
  expect(text).toMatch(/the relay answered 400 .*evil/);
  expect(text).not.toMatch(UNSAFE);
});

test('a type is shown only if it is one of Segment, for a sender may have put anything there', async () => {
  const types = ['track', 'constructor', '__proto__', 'toString', 'ada@example.com', 'Ada Lovelace'];
  await writeDeadLetters(...types);
  const list = await output('dlq', 'list');
  expect(list).toContain('1 track, 5 unknown');
  for (const type of types.slice(1)) expect(list).not.toContain(type);
  expect(list).not.toMatch(/native code|object Object/);

  const { causes } = JSON.parse(await output('dlq', 'list', '--json'));
  expect(causes).toMatchObject([{ types: { track: 1, unknown: 5 } }]);
  const unknown = JSON.parse(await output('dlq', 'list', '--type', 'unknown', '--json'));
  expect(unknown.deadLetters).toBe(5);
});
