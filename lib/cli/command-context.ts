import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/config.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { toTerminalText } from '../runtime/terminal-text.ts';

type MaybeTty = { isTTY?: boolean };

/** What a command sees of the process that it runs in. */
export type CommandContext = {
  stdin: Readable & MaybeTty;
  stdout: Writable & MaybeTty;
  stderr: Writable & MaybeTty;
  env: Environment;
  clock: Clock;
  random: Random;
  /** Aborts at the next Ctrl-C, and the exit code is 130 then; one more ends the process at once. */
  interruptSignal(): AbortSignal;
  /** The command did its work, and something is not as it should be: the exit code is 1. */
  setFailed(): void;
};

/** The exit code of a process that SIGINT ended, by the shells' convention. */
const INTERRUPTED = 130;

export const processContext: CommandContext = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  clock: systemClock,
  random: systemRandom,
  interruptSignal() {
    const controller = new AbortController();
    process.once('SIGINT', () => {
      process.exitCode = INTERRUPTED;
      controller.abort();
    });
    return controller.signal;
  },
  setFailed() {
    process.exitCode ??= 1;
  },
};

/**
 * Prints a line, safe for a terminal whatever it quotes, and waits while the reader is behind: a million lines must not
 * pile up in memory.
 */
export async function printLine({ stdout }: Pick<CommandContext, 'stdout'>, line: string): Promise<void> {
  if (!stdout.write(`${toTerminalText(line, stdout)}\n`)) await once(stdout, 'drain');
}

/** Prints a line on standard error, as safe as `printLine`. */
export function printNote({ stderr }: Pick<CommandContext, 'stderr'>, line: string): void {
  stderr.write(`${toTerminalText(line, stderr)}\n`);
}

/** Prints one JSON value on one line, for a program. */
export const printJson = (context: Pick<CommandContext, 'stdout'>, value: unknown): Promise<void> =>
  printLine(context, JSON.stringify(value));
