import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import type { Alarm } from './cloudwatch-alarms.ts';

const COMMAND = /\b(?:npm run relay --|aws) [^.;,()]+/g;

/** The commands that an alarm's description asks the operator to run. */
export const findCommands = ({ description }: Pick<Alarm, 'description'>): string[] =>
  Array.from(description.matchAll(COMMAND), ([command]) => command.trim());

/** A port at which nothing listens. */
const CLOSED_PORT = 'http://127.0.0.1:9';

/**
 * Runs a command of the repository's as the operator would, but with an AWS that does not answer, and returns what it
 * printed: the complaint about AWS if its usage is right, else the one about its usage.
 */
export async function runCommand(command: string): Promise<string> {
  const [program = '', ...args] = command
    .replace(/^npm run relay --/, 'lib/cli/relay-command.ts')
    .split(/\s+/);
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      ...COMPILE_CACHE,
      PATH: process.env['PATH'],
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_ENDPOINT_URL: CLOSED_PORT,
      AWS_MAX_ATTEMPTS: '1',
    },
  });
  const [printed] = await Promise.all([
    Promise.all([text(child.stdout), text(child.stderr)]),
    once(child, 'exit'),
  ]);
  return printed.join('\n');
}
