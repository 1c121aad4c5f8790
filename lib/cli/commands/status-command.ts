import type { Command } from 'commander';
import { createEmptyCheck } from '../../sqs/queue-depth.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import { type Connection, type TargetOptions, withConnection, withTargetOptions } from '../connection.ts';
import { positiveNumber } from '../options.ts';
import { fetchStatus } from '../status/fetch-status.ts';
import { formatStatus, isFailing, isHeld } from '../status/format-status.ts';

const help = `
With --stage, the figures come from SQS, CloudWatch and Lambda, and what holds delivery from the worker's log of the last
30 minutes, or from its metrics. Figures that the credentials may not read are "unknown".

The exit code is 1 while delivery is held, if nothing gets through, if the worker is off, or if --wait was in vain.

Examples:
  $ relay status
  $ relay status --stage prod --json
  $ relay status --wait 60 && relay dlq list
`;

export function defineStatus(relay: Command, context: CommandContext): void {
  withTargetOptions(relay.command('status'))
    .description('what holds delivery, the queue, the dead letters, and whether the worker is on')
    .option('--wait <seconds>', 'first wait until the main queue is empty, at most so long', positiveNumber)
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((options: StatusOptions) =>
      withConnection(options, context, async (connection) => {
        const isDrained =
          options.wait === undefined || (await waitUntilDrained(options.wait, connection, context));
        const status = await fetchStatus(options, connection, context);
        if (!isDrained || status.mappingOn === false || isHeld(status) || isFailing(status))
          context.setFailed();
        if (options.json) return printJson(context, status);
        for (const line of formatStatus(status, connection.title, context.clock.now()))
          await printLine(context, line);
      }),
    );
}

type StatusOptions = TargetOptions & { wait?: number; json?: true };

const POLL_MS = 500;

/** Whether the main queue was empty within so many seconds. */
async function waitUntilDrained(
  seconds: number,
  { sqs, queueUrl }: Connection,
  { clock, interruptSignal }: CommandContext,
): Promise<boolean> {
  const signal = interruptSignal();
  const deadline = clock.now() + seconds * 1_000;
  const poll = createEmptyCheck(sqs, queueUrl);
  while (clock.now() < deadline && !signal.aborted) {
    if ((await poll()).isEmpty) return true;
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
  return false;
}
