import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from '@jest/globals';
import { COMPILE_CACHE } from '../support/compile-cache.ts';

const repository = resolve(import.meta.dirname, '../..');

/** A cache of its own: npx links the checkout's command there, and leaves the link as it was when the command moves. */
const npmCache = mkdtempSync(join(tmpdir(), 'relay-npm-'));

afterAll(() => rmSync(npmCache, { recursive: true }));

const operations = [
  { method: 'event', contact_uid: '7', event_uid: 'clicked', params: { display_name: 'Clicked' } },
];

async function mapEvent(command: string, args: readonly string[], path: string | undefined) {
  const child = spawn(command, args, {
    cwd: resolve(repository, 'lib'),
    env: { PATH: path, HOME: process.env['HOME'], npm_config_cache: npmCache, ...COMPILE_CACHE },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end('{"type":"track","userId":"7","event":"Clicked"}');
  return JSON.parse(await text(child.stdout));
}

test('npx relay runs in any directory of a checkout', async () => {
  const answer = await mapEvent('npx', ['--no', 'relay', 'map'], process.env['PATH']);
  expect(answer).toEqual({ messageId: null, operations });
});

test("the command brings its own Node: the machine's does not matter", async () => {
  const answer = await mapEvent(resolve(repository, 'lib/cli/relay'), ['map'], '/usr/bin:/bin');
  expect(answer).toEqual({ messageId: null, operations });
});
