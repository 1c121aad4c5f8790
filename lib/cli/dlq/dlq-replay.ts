import type { Command } from 'commander';
import { REPLAY_RATE, type ReplayResult } from '../../dead-letters/replay-dead-letters.ts';
import { MAX_REPLAYS } from '../../dead-letters/replay-selection.ts';
import { printJson, printLine, type Terminal } from '../command-context.ts';
import { type Place, withConnection, withPlace } from '../connection.ts';
import { positiveNumber, wholeNumber } from '../options.ts';
import { sendCanaries } from './canary.ts';
import { dryRun } from './dlq-dry-run.ts';
import { type FilterOptions, filterOf, withFilters } from './filter-options.ts';
import { counted } from './format.ts';
import { type ReplayMeans, type ReplayTerms, runReplay } from './run-replay.ts';

type ReplayFlags = Place &
  FilterOptions & {
    dryRun?: true;
    canary?: number;
    canaryWait: number;
    rate: number;
    limit?: number;
    force?: true;
    json?: true;
  };

const help = `
Each letter goes to the main queue again, and is deleted once the queue has it. Ctrl-C stops after what is under way;
running it again goes on. A letter that was replayed ${MAX_REPLAYS} times and failed each time stays, unless --force.

Examples:
  $ relay dlq replay --dry-run                                       what would happen
  $ relay dlq replay --stage prod --reason rejected --canary 5       five first; the others if none comes back
  $ relay dlq replay --stage prod --since 1d --rate 20               gently
`;

export function defineReplay(dlq: Command, terminal: Terminal): void {
  withPlace(withFilters(dlq.command('replay')))
    .description('send dead letters again')
    .option('--dry-run', 'only say how many, how long, and which would fail again with the mapping of today')
    .option(
      '--canary <n>',
      'first send so many, and the others only if none of these comes back',
      wholeNumber,
    )
    .option('--canary-wait <seconds>', 'how long to wait for them', positiveNumber, 60)
    .option('--rate <n>', 'letters a second', positiveNumber, REPLAY_RATE)
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--force', `those that were replayed ${MAX_REPLAYS} times, too`)
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((flags: ReplayFlags) =>
      withConnection(flags, terminal, (connection) => {
        const { rate, limit, force = false } = flags;
        const filter = filterOf(flags, terminal.clock.now());
        const terms = { filter, force, rate, ...(limit !== undefined && { limit }) };
        if (flags.dryRun) return dryRun(terms, connection, terminal, flags.json === true);
        return replayLetters(terms, flags, { connection, terminal, signal: terminal.interruption() });
      }),
    );
}

async function replayLetters(
  terms: ReplayTerms,
  { canary, canaryWait, json }: Pick<ReplayFlags, 'canary' | 'canaryWait' | 'json'>,
  means: ReplayMeans,
): Promise<void> {
  const { terminal, signal } = means;
  const say = async (line: string) => (json ? undefined : printLine(terminal, line));
  let canaries = 0;
  if (canary !== undefined) {
    const limit = Math.min(canary, terms.limit ?? canary);
    const verdict = await sendCanaries({ ...terms, limit }, canaryWait, means, say);
    if (!verdict.passed) {
      terminal.fail();
      return json ? printJson(terminal, { canary: verdict }) : undefined;
    }
    canaries = verdict.sent;
  }
  const rest = terms.limit === undefined ? terms : { ...terms, limit: terms.limit - canaries };
  const result = await runReplay(rest, means);
  const replayed = result.replayed + canaries;
  if (result.failed > 0) terminal.fail();
  if (json) return printJson(terminal, { ...result, replayed });
  for (const line of textOf({ ...result, replayed }, signal.aborted)) await printLine(terminal, line);
}

function textOf({ replayed, skipped, failed, more, unread }: ReplayResult, stopped: boolean): string[] {
  const when = (holds: boolean, line: string) => (holds ? [line] : []);
  return [
    `${counted(replayed, 'dead letter')} replayed.`,
    ...when(
      skipped.replay_limit > 0,
      `${skipped.replay_limit} stay: replayed ${MAX_REPLAYS} times already; see relay dlq list, or --force.`,
    ),
    ...when(skipped.not_replayable > 0, `${skipped.not_replayable} stay: they are not stored as a whole.`),
    ...when(skipped.failed_again > 0, `${skipped.failed_again} failed again: see relay dlq list.`),
    ...when(
      failed > 0,
      `${failed} were not confirmed: run it again within 5 minutes, nothing is sent twice.`,
    ),
    ...when(stopped, 'Stopped: run it again to go on.'),
    ...when(more && !stopped, 'There may be more: run it again.'),
    ...when(unread > 0, `About ${unread} could not be read now: run it again in a minute.`),
  ];
}
