import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { defineExport } from './dlq-export.ts';
import { defineList } from './dlq-list.ts';
import { definePurge } from './dlq-purge.ts';
import { defineReplay } from './dlq-replay.ts';
import { defineShow } from './dlq-show.ts';

const help = `
At night:
  $ relay dlq list --stage prod                                      what failed, why, and what to do
  $ relay dlq show --stage prod ID                                   one of them
  $ relay dlq replay --stage prod --reason rejected --dry-run        what a replay would do
  $ relay dlq replay --stage prod --reason rejected --canary 5       five first; the others if none comes back

Looking never removes anything: what is read is invisible to others for less than a minute.
`;

export function defineDlq(relay: Command, context: CommandContext): void {
  const dlq = relay
    .command('dlq')
    .description('the dead letters: list, show, replay, export, purge')
    .addHelpText('after', help);
  for (const define of [defineList, defineShow, defineReplay, defineExport, definePurge])
    define(dlq, context);
}
