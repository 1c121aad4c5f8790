import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach } from '@jest/globals';
import { COMPILE_CACHE } from './compile-cache.ts';
import { until } from './until.ts';

const running: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

export type RelayProcess = {
  url: string;
  /** Whether it still runs: a process that is out of memory does not. */
  isAlive(): boolean;
};

/**
 * The local relay as a process of its own, with no more memory than `maxOldSpaceMb` for its objects; killed after the
 * test.
 */
export async function startRelayProcess(
  env: Record<string, string>,
  maxOldSpaceMb: number,
): Promise<RelayProcess> {
  const child = spawn(process.execPath, [`--max-old-space-size=${maxOldSpaceMb}`, 'lib/local/main.ts'], {
    env: { PORT: '0', ...COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'close');
  running.push(() => {
    child.kill('SIGKILL');
    return exited;
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const url = await until('the relay listens', () => /^relay listening on (\S+)$/m.exec(output)?.[1]);
  return { url, isAlive: () => child.exitCode === null && child.signalCode === null };
}
