import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from './compile-cache.ts';

const main = fileURLToPath(new URL('../../lib/cli/relay-command.ts', import.meta.url));

export type CliOptions = {
  input?: string | Buffer;
  env?: Record<string, string>;
  cwd?: string;
  /** What a shell does before it. */
  shell?: string;
  /** Is given the process once it runs. */
  onStart?: (child: ChildProcess) => void;
};

/** Runs `relay` as a process of its own, with nothing of this one's environment. */
export async function runCli(
  args: readonly string[],
  { input = '', env = {}, cwd, shell, onStart }: CliOptions = {},
) {
  const options = { env: { ...COMPILE_CACHE, ...env }, cwd };
  const child =
    shell === undefined
      ? spawn(process.execPath, [main, ...args], options)
      : spawn('bash', ['-c', `${shell}; exec "$@"`, 'bash', process.execPath, main, ...args], options);
  // A command may end before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  onStart?.(child);
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout, stderr, code };
}
