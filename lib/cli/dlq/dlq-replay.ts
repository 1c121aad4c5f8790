import type { Command } from 'commander';
import { sendCanaries } from '../../dead-letters/canary.ts';
import { REPLAY_RATE, type ReplayResult } from '../../dead-letters/replay-dead-letters.ts';
import { MAX_REPLAYS } from '../../dead-letters/replay-selection.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import { type TargetOptions, withConnection, withTargetOptions } from '../connection.ts';
import { formatNumber, pluralize } from '../format-text.ts';
import { positiveInteger, positiveNumber } from '../options.ts';
import { formatDuration } from '../progress.ts';
import { dryRun } from './dlq-dry-run.ts';
import { type FilterOptions, toFilter, withFilterOptions } from './filter-options.ts';
import { formatUnread } from './format-unread.ts';
import { type ReplayOptions, type ReplaySession, runReplay, type TimedReplay } from './run-replay.ts';

type ReplayFlags = TargetOptions &
  FilterOptions & {
    dryRun?: true;
    canary?: number;
    canaryWait: number;
    rate: number;
    limit?: number;
    force?: true;
    why?: string;
    json?: true;
  };

const help = `
Each dead letter goes to the main queue again, and is deleted once the queue has confirmed it. Ctrl-C stops after what is
under way; run it again to go on. What was replayed ${MAX_REPLAYS} times and failed each time stays, unless --force.

Examples:
  $ relay dlq replay --dry-run                                       what would happen
  $ relay dlq replay --stage prod --reason rejected --canary 5       five first; the others if none comes back
  $ relay dlq replay --stage prod --since 1d --rate 20               gently
`;

export function defineReplay(dlq: Command, context: CommandContext): void {
  withTargetOptions(withFilterOptions(dlq.command('replay')))
    .description('send dead letters again')
    .option('--dry-run', 'only say how many, how long, and which would fail again with the mapping of today')
    .option(
      '--canary <n>',
      'first send so many, and the others only if none of these comes back',
      positiveInteger,
    )
    .option('--canary-wait <seconds>', 'how long to wait for them', positiveNumber, 60)
    .option('--rate <n>', 'dead letters a second', positiveNumber, REPLAY_RATE)
    .option('--limit <n>', 'at most so many', positiveInteger)
    .option('--force', `those that were replayed ${MAX_REPLAYS} times, too`)
    .option('--why <text>', 'why, for the line that a replay leaves in the log of a stage')
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((flags: ReplayFlags) =>
      withConnection(flags, context, (connection) => {
        const { rate, limit, why, force = false } = flags;
        const filter = toFilter(flags, context.clock.now());
        const options = { filter, force, rate, why, ...(limit !== undefined && { limit }) };
        if (flags.dryRun) return dryRun(options, connection, context, flags.json === true);
        return replayAndReport(options, flags, { connection, context, signal: context.interruptSignal() });
      }),
    );
}

async function replayAndReport(
  options: ReplayOptions,
  { canary, canaryWait, json }: Pick<ReplayFlags, 'canary' | 'canaryWait' | 'json'>,
  session: ReplaySession,
): Promise<void> {
  const { connection, context, signal } = session;
  const print = async (line: string) => (json ? undefined : printLine(context, line));
  let canaries = 0;
  if (canary !== undefined) {
    const limit = Math.min(canary, options.limit ?? canary);
    const canaryResult = await sendCanaries(
      {
        replay: (onReplayed) => runReplay({ ...options, limit }, session, onReplayed),
        timeoutSeconds: canaryWait,
        waitSeconds: connection.waitSeconds,
        signal,
        print,
      },
      { ...connection, ...context },
    );
    if (!canaryResult.passed) {
      context.setFailed();
      return json ? printJson(context, { canary: canaryResult }) : undefined;
    }
    canaries = canaryResult.sent;
  }
  const rest = options.limit === undefined ? options : { ...options, limit: options.limit - canaries };
  const result = await runReplay(rest, session);
  const replayed = result.replayed + canaries;
  if (result.failed > 0) context.setFailed();
  if (json) return printJson(context, { ...result, replayed });
  const lines = [formatSpeed(replayed, result), ...formatRest(result, signal.aborted)];
  for (const line of lines) await printLine(context, line);
}

/** The canaries are part of the count, but were not sent at this speed. What took less than a second has none. */
function formatSpeed(total: number, { replayed, seconds }: TimedReplay): string {
  const perSecond = seconds >= 1 ? Math.round(replayed / seconds) : 0;
  const speed = perSecond > 0 ? ` in ${formatDuration(seconds)}, ${formatNumber(perSecond)} a second` : '';
  return `${pluralize(total, 'dead letter')} replayed${speed}.`;
}

function formatRest({ skipped, failed, more, unread }: ReplayResult, stopped: boolean): string[] {
  const lineIf = (condition: boolean, line: string) => (condition ? [line] : []);
  return [
    ...lineIf(
      skipped.replay_limit > 0,
      `${skipped.replay_limit} stay: replayed ${MAX_REPLAYS} times already; see relay dlq list, or --force.`,
    ),
    ...lineIf(skipped.not_replayable > 0, `${skipped.not_replayable} stay: they are not stored as a whole.`),
    ...lineIf(skipped.failed_again > 0, `${skipped.failed_again} failed again: see relay dlq list.`),
    ...lineIf(
      failed > 0,
      `${failed} were not confirmed: run it again within 5 minutes, nothing is sent twice.`,
    ),
    ...lineIf(stopped, 'Stopped: run it again to go on.'),
    ...lineIf(more && !stopped, 'There may be more: run it again.'),
    ...formatUnread(unread),
  ];
}
