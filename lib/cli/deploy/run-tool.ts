import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../../config/config.ts';
import { CommandError } from '../cli-errors.ts';

/**
 * Runs a program with this process's terminal.
 *
 * @throws CommandError if it ends with an error, which it has printed itself
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { directory, env }: { directory: string; env: Environment },
): Promise<void> {
  const child = spawn(command, args, { cwd: directory, env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new CommandError(`${[command, ...args].join(' ')} failed: see above`);
}
