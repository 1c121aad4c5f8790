import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const blocks = (kind: string) =>
  Array.from(page.matchAll(/^```sh (\w+)\n(.*?)^```$/gms), ([, name, code = '']) => ({ name, code }))
    .filter(({ name }) => name === kind)
    .map(({ code }) => code);
const [start = ''] = blocks('start');
const walk = blocks('run');

const stateSchema = v.object({
  operations: v.array(v.object({ contact_uid: v.string(), messageId: v.string() })),
});

const running = new Set<ChildProcess>();

afterEach(() => {
  // The whole group: npm does not hand the signal on to what it runs.
  for (const { pid } of running) if (pid) process.kill(-pid);
  running.clear();
});

/** Runs what stands on the page in a shell of its own. */
function shell(code: string, env: Record<string, string>) {
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', code], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Any port: 3000 may be in use. */
async function startRelay(): Promise<string> {
  const child = shell(start, { PORT: '0' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return until('the relay listens', () => /relay listening on (\S+)/.exec(output)?.[1]);
}

test('the walk-through of docs/operations.md: rejected, seen, fixed, tried dry, five first, all delivered', async () => {
  const url = await startRelay();
  const code = walk.join('\n').replaceAll('http://127.0.0.1:3000', url);
  const child = shell(code, { RELAY_URL: url });
  const exit = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), exit]);

  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const said = [
    '{"rejected":"coupon"}',
    '40 accepted, 0 dead-lettered, 0 skipped, 0 failed',
    'dead letters  8',
    '8 dead letters of 1 cause',
    '8 × rejected (400): Salesmachine answered 400: Item #: the attribute coupon is refused.',
    'to do    see what was sent',
    '{"rejected":null}',
    '8 of 8 dead letters would be sent to Salesmachine.',
    'today: would be sent',
    '5 dead letters replayed first',
    'None came back',
    '8 dead letters replayed',
    'dead letters  none',
    'No dead letters',
  ];
  expect(said.filter((line) => !stdout.includes(line))).toEqual([]);
  expect(said.toSorted((a, b) => stdout.indexOf(a) - stdout.indexOf(b))).toEqual(said);

  const { operations } = v.parse(stateSchema, await (await fetch(`${url}/local/salesmachine`)).json());
  expect(operations).toHaveLength(40);
  expect(new Set(operations.map(({ messageId }) => messageId)).size).toBe(40);
  // The sample shows no values of the event.
  expect(operations.filter(({ contact_uid }) => stdout.includes(contact_uid))).toEqual([]);
  expect(await (await fetch(`${url}/local/state`)).json()).toMatchObject({
    queued: 0,
    inFlight: 0,
    deadLettered: 0,
  });
});
