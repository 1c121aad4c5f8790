import { CommanderError } from 'commander';
import { describeError } from './cli-errors.ts';
import { printNote, processContext } from './command-context.ts';
import { refuseOptionsTakenByNpm } from './npm-options.ts';
import { createRelayProgram } from './relay-program.ts';

// The reader, `head` for example, has seen enough: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const program = createRelayProgram(processContext);
  refuseOptionsTakenByNpm(program, process.argv.slice(2), processContext.env);
  await program.parseAsync();
} catch (error) {
  // Help was asked for, and given.
  const isDone = error instanceof CommanderError && error.exitCode === 0;
  const message = describeError(error);
  if (message === undefined) reportBug(error);
  else if (!isDone) {
    printNote(processContext, `relay: ${message}`);
    process.exitCode = 2;
  }
}

/** Only its stack helps; the message in it may quote anything. */
function reportBug(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  for (const line of stack.split('\n')) printNote(processContext, line);
  process.exitCode = 1;
}
