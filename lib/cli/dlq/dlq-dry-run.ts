import {
  type DryRunReport,
  dryRunReplay,
  type ReplayDryRun,
  type ReplayOutcome,
} from '../../dead-letters/dry-run.ts';
import { MAX_REPLAYS } from '../../dead-letters/replay-selection.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import type { Connection } from '../connection.ts';
import { formatNumber, pluralize } from '../format-text.ts';
import { createProgress, formatDuration } from '../progress.ts';
import { estimateDuration } from './estimate-duration.ts';
import { formatNone, formatUnread } from './format-unread.ts';
import type { ReplayOptions } from './run-replay.ts';

/** Prints what a replay would do, and does none of it. */
export async function dryRun(
  options: ReplayOptions,
  connection: Connection,
  context: CommandContext,
  asJson: boolean,
): Promise<void> {
  const settings = await connection.settings();
  const progress = createProgress(context, 'reading dead letters:');
  const report = await dryRunReplay(
    {
      ...options,
      signal: context.interruptSignal(),
      waitSeconds: connection.waitSeconds,
      onProgress: progress.show,
    },
    { ...connection, ...context, mapping: settings.mapping },
  );
  progress.end();
  const seconds = estimateDuration(report, options.rate, settings);
  if (asJson) return printJson(context, { ...report, seconds });
  const lines =
    report.matched === 0
      ? [formatNone(options.filter, report.unread, connection.title)]
      : formatDryRun(report, options.rate, seconds);
  for (const line of [...lines, ...formatUnread(report.unread)]) await printLine(context, line);
}

const describeOutcome: Record<ReplayOutcome['today'], (detail: string) => string> = {
  sent: () => 'would be sent; --canary 5 shows whether Salesmachine accepts it now',
  skipped: () => 'would be skipped: it is not meant for Salesmachine',
  fails: (detail) => `would fail again: ${detail}`,
};

function formatDryRun(report: ReplayDryRun, rate: number, seconds: number): string[] {
  const { skipped, outcomes, operations } = report;
  const stay = (count: number, why: string) => (count > 0 ? [`  ${formatNumber(count)} stay: ${why}`] : []);
  return [
    formatHeadline(report),
    `  ${pluralize(operations, 'operation')}; at ${rate} dead letters a second about ${formatDuration(Math.ceil(seconds))}`,
    ...stay(skipped.not_replayable, 'they are not stored as a whole'),
    ...stay(
      skipped.replay_limit,
      `replayed ${MAX_REPLAYS} times already (--force replays them all the same)`,
    ),
    ...outcomes.flatMap((outcome) => [
      '',
      `  ${formatNumber(outcome.count)} × ${outcome.before}`,
      `    today: ${describeOutcome[outcome.today](outcome.detail)}`,
    ]),
  ];
}

/** How many would get through comes first: it is what decides. */
function formatHeadline({ matched, wouldSend, wouldSkip, wouldFail }: DryRunReport): string {
  const others = [
    ...(wouldSkip > 0 ? [`${formatNumber(wouldSkip)} would be skipped`] : []),
    ...(wouldFail > 0 ? [`${formatNumber(wouldFail)} would fail again`] : []),
  ];
  const through = `${formatNumber(wouldSend)} of ${pluralize(matched, 'dead letter')} would be sent to Salesmachine`;
  return `${[through, ...others].join(', ')}.`;
}
