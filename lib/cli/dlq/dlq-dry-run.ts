import { type CommandContext, printJson, printLine } from '../command-context.ts';
import type { Connection } from '../connection.ts';
import { createProgress, formatDuration } from '../progress.ts';
import { createDryRun, type DryRunReport, type ReplayOutcome } from './dry-run-report.ts';
import { pluralize } from './format.ts';
import { openDeadLetterReader } from './read-dead-letters.ts';
import type { ReplayOptions } from './run-replay.ts';

/** Says what a replay would do, and does nothing. */
export async function dryRun(
  options: ReplayOptions,
  connection: Connection,
  context: CommandContext,
  asJson: boolean,
): Promise<void> {
  const { add, report } = createDryRun({ ...options, ...(await connection.settings()) });
  const progress = createProgress(context, 'reading dead letters:');
  let read = 0;
  for await (const deadLetters of openDeadLetterReader(connection, context).batches()) {
    deadLetters.forEach(add);
    read += deadLetters.length;
    progress.show(read);
  }
  progress.end();
  if (asJson) return printJson(context, report());
  for (const line of formatDryRun(report(), options.rate)) await printLine(context, line);
}

const describeOutcome: Record<ReplayOutcome['now'], (detail: string) => string> = {
  sent: () => 'would be sent; whether Salesmachine takes it now, --canary 5 tells',
  skipped: () => 'would be skipped: not meant for Salesmachine',
  fails: (detail) => `would fail again: ${detail}`,
};

function formatDryRun(report: DryRunReport, rate: number): string[] {
  const { matched, replayed, notReplayable, overReplayLimit, fates: outcomes, operations, seconds } = report;
  const stay = (count: number, why: string) => (count > 0 ? [`  ${count} stay: ${why}`] : []);
  return [
    `${pluralize(matched, 'dead letter')}, ${replayed.toLocaleString('en')} of them would be replayed.`,
    `  ${pluralize(operations, 'operation')}, at ${rate} letters a second about ${formatDuration(Math.ceil(seconds))}`,
    ...stay(notReplayable, 'they are not stored as a whole'),
    ...stay(overReplayLimit, 'replayed five times already (--force replays them all the same)'),
    ...outcomes.flatMap((outcome) => [
      '',
      `  ${outcome.count.toLocaleString('en')} × ${outcome.before}`,
      `    today: ${describeOutcome[outcome.now](outcome.detail)}`,
    ]),
  ];
}
