import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { openPage, useBrowser, waitForText } from '../support/console-page.ts';

useBrowser();

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** The first line that `npm start` prints. */
async function readFirstLine(): Promise<string> {
  const npm = spawn('npm', ['start', '--silent'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', ...COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // The relay writes to the same pipe: it closes only when the relay, too, has ended.
  const closed = once(npm, 'close');
  stops.push(() => {
    npm.kill('SIGTERM');
    return closed;
  });
  const lines = createInterface({ input: npm.stdout });
  const [line] = await once(lines, 'line');
  return line;
}

test('the first line of npm start has the URL of a page that is ready, and delivers', async () => {
  const line = await readFirstLine();
  expect(line).toMatch(/^Open http:\/\/127\.0\.0\.1:\d+ to watch the relay work\.$/);
  const page = await openPage(line.split(' ')[1] ?? '');
  await page.getByRole('button', { name: 'Track', exact: true }).click();
  await waitForText(page, 'delivered', /^1$/);
});
