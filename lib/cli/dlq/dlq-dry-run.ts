import { printJson, printLine, type Terminal } from '../command-context.ts';
import type { Connection } from '../connection.ts';
import { createProgress, durationText } from '../progress.ts';
import { createForecast, type Fate, type Forecast } from './dry-run-report.ts';
import { counted } from './format.ts';
import { letterReader } from './read-dead-letters.ts';
import type { ReplayTerms } from './run-replay.ts';

/** Says what a replay would do, and does nothing. */
export async function dryRun(
  terms: ReplayTerms,
  connection: Connection,
  terminal: Terminal,
  asJson: boolean,
): Promise<void> {
  const { add, forecast } = createForecast({ ...terms, ...(await connection.settings()) });
  const progress = createProgress(terminal, 'reading dead letters:');
  let read = 0;
  for await (const letters of letterReader(connection, terminal).batches()) {
    letters.forEach(add);
    read += letters.length;
    progress.show(read);
  }
  progress.end();
  if (asJson) return printJson(terminal, forecast());
  for (const line of textOf(forecast(), terms.rate)) await printLine(terminal, line);
}

const now: Record<Fate['now'], (detail: string) => string> = {
  sent: () => 'would be sent; whether Salesmachine takes it now, --canary 5 tells',
  skipped: () => 'would be skipped: not meant for Salesmachine',
  fails: (detail) => `would fail again: ${detail}`,
};

function textOf(forecast: Forecast, rate: number): string[] {
  const { matched, replayed, notReplayable, overReplayLimit, fates, operations, seconds } = forecast;
  const stay = (count: number, why: string) => (count > 0 ? [`  ${count} stay: ${why}`] : []);
  return [
    `${counted(matched, 'dead letter')}, ${replayed.toLocaleString('en')} of them would be replayed.`,
    `  ${counted(operations, 'operation')}, at ${rate} letters a second about ${durationText(Math.ceil(seconds))}`,
    ...stay(notReplayable, 'they are not stored as a whole'),
    ...stay(overReplayLimit, 'replayed five times already (--force replays them all the same)'),
    ...fates.flatMap((fate) => [
      '',
      `  ${fate.count.toLocaleString('en')} × ${fate.before}`,
      `    today: ${now[fate.now](fate.detail)}`,
    ]),
  ];
}
