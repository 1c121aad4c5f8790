import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { until } from '../support/until.ts';

const repository = resolve(import.meta.dirname, '../..');

test.each(['SIGTERM', 'SIGINT'] as const)(
  'npm start: the relay stops within 5 s when npm gets %s',
  async (signal) => {
    const npm = spawn('npm', ['start'], {
      cwd: repository,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', ...COMPILE_CACHE },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    npm.stdout.on('data', (chunk) => {
      output += chunk;
    });
    // The relay writes to the same pipe: it closes only when the relay, too, has ended.
    const closed = once(npm, 'close');
    const url = await until('it listens', () => /^relay listening on (\S+)$/m.exec(output)?.[1]);
    expect((await fetch(`${url}/health`)).status).toBe(200);

    npm.kill(signal);
    await until('the relay is gone', () =>
      fetch(`${url}/health`).then(
        () => false,
        () => true,
      ),
    );
    await closed;
  },
);
