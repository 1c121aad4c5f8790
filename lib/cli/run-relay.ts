import { CommanderError } from 'commander';
import { describeError } from './cli-errors.ts';
import { type CommandContext, printNote } from './command-context.ts';
import { refuseOptionsTakenByNpm } from './npm-options.ts';
import { createRelayProgram } from './relay-program.ts';

/** Runs `relay` with these arguments, and prints what is wrong. Returns the exit code, if the command has set none. */
export async function runRelay(args: readonly string[], context: CommandContext): Promise<0 | 1 | 2> {
  try {
    const program = createRelayProgram(context);
    refuseOptionsTakenByNpm(program, args, context.env);
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Help was asked for, and given.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const message = describeError(error);
    if (message === undefined) {
      reportBug(error, context);
      return 1;
    }
    printNote(context, `relay: ${message}`);
    return 2;
  }
}

/** Only its stack helps; the message in it may quote anything. */
function reportBug(error: unknown, context: CommandContext): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  for (const line of stack.split('\n')) printNote(context, line);
}
