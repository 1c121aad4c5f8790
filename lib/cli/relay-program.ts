import { readFileSync } from 'node:fs';
import { type Command, createCommand } from 'commander';
import * as v from 'valibot';
import type { CommandContext } from './command-context.ts';
import { defineLogs } from './commands/logs-command.ts';
import { defineMap } from './commands/map-command.ts';
import { definePing } from './commands/ping-command.ts';
import { defineStatus } from './commands/status-command.ts';
import { defineDlq } from './dlq/dlq-command.ts';
import { defineDoctor } from './doctor/doctor-command.ts';
import { defineProbe } from './probe/probe-command.ts';
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

Examples (relay stands for npx relay, or npm run --silent relay --):
  $ relay status                              what the local relay is doing
  $ relay dlq list --stage prod               which events did not get through, why, and what to do
  $ relay dlq replay --stage prod --dry-run   what a replay would do
`;

const packageSchema = v.pipe(v.string(), v.parseJson(), v.object({ version: v.string() }));

const commands = [
  defineMap,
  defineSend,
  defineTrigger,
  defineStatus,
  definePing,
  defineLogs,
  defineDlq,
  defineDoctor,
  defineProbe,
  defineSecrets,
];

/** The command `relay`. Running it throws what is wrong, instead of printing it and ending the process. */
export function createRelayProgram(context: CommandContext): Command {
  const packageJson = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const relay = createCommand('relay')
    .description('See and handle everything between Segment and Salesmachine.')
    .version(v.parse(packageSchema, packageJson).version)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', help);
  for (const define of commands) define(relay, context);
  return relay;
}
