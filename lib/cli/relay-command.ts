import { readFileSync } from 'node:fs';
import { CommanderError, createCommand } from 'commander';
import * as v from 'valibot';
import { describeError } from './cli-errors.ts';
import { printNote, processContext } from './command-context.ts';
import { defineLogs } from './commands/logs-command.ts';
import { defineMap } from './commands/map-command.ts';
import { definePing } from './commands/ping-command.ts';
import { defineStatus } from './commands/status-command.ts';
import { defineDlq } from './dlq/dlq-command.ts';
import { defineDoctor } from './doctor/doctor-command.ts';
import { defineSecrets } from './secrets/secrets-command.ts';
import { defineSend } from './send/send-command.ts';
import { defineTrigger } from './send/trigger-command.ts';

const help = `
Where: without --stage, the local relay at RELAY_URL (http://127.0.0.1:3000); with --stage, AWS.

Exit codes:
  0    done
  1    done, but something is not as it should be: an event was not accepted, a credential is bad, a replay failed
  2    what was asked cannot be done: an unknown flag, a missing file, a line that is not JSON, no such queue
  130  stopped by Ctrl-C

Examples (relay stands for npm run --silent relay --):
  $ relay status                              what the local relay is doing
  $ relay dlq list --stage prod               which events did not get through, why, and what to do
  $ relay dlq replay --stage prod --dry-run   what a replay would do
`;

// The reader, `head` for example, has seen enough: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const packageJson = new URL('../../package.json', import.meta.url);
const { version } = v.parse(v.object({ version: v.string() }), JSON.parse(readFileSync(packageJson, 'utf8')));

const relay = createCommand('relay')
  .description('See and handle everything between Segment and Salesmachine.')
  .version(version)
  .exitOverride()
  // What is wrong is printed below, in one line.
  .configureOutput({ writeErr: () => undefined })
  .addHelpText('after', help);

for (const define of [
  defineMap,
  defineSend,
  defineTrigger,
  defineStatus,
  definePing,
  defineLogs,
  defineDlq,
  defineDoctor,
  defineSecrets,
]) {
  define(relay, processContext);
}

try {
  await relay.parseAsync();
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
