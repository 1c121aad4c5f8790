import type { Command } from 'commander';
import { type DeadLetterFilter, matchesFilter } from '../../dead-letters/dead-letter-filter.ts';
import { type Cause, createCauseGroups } from '../../dead-letters/group-by-cause.ts';
import { runbook } from '../../dead-letters/runbook.ts';
import { style } from '../../runtime/terminal-text.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import {
  type Connection,
  openDeadLetterReader,
  type TargetOptions,
  withConnection,
  withTargetOptions,
} from '../connection.ts';
import { formatNumber, formatTime, pluralize } from '../format-text.ts';
import { createProgress } from '../progress.ts';
import { type FilterOptions, toFilter, withFilterOptions } from './filter-options.ts';
import { formatEvent } from './format-event.ts';
import { formatNone, formatUnread } from './format-unread.ts';

type ListOptions = TargetOptions & FilterOptions & { json?: true };

const help = `
Events are shown without their values: relay dlq show ID --reveal shows one as it is.

Examples:
  $ relay dlq list
  $ relay dlq list --stage prod --since 12h --type track
  $ relay dlq list --user 4711 --json
`;

/**
 * The dead letters by cause. `unread`: about how many more there are, which another reader has, or which wait behind
 * another.
 */
export type Listing = { matched: number; unread: number; causes: Cause[] };

export function defineList(dlq: Command, context: CommandContext): void {
  withTargetOptions(withFilterOptions(dlq.command('list')))
    .description('the dead letters by cause: how many, since when, a sample, and what to do about it')
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((options: ListOptions) =>
      withConnection(options, context, async (connection) => {
        const filter = toFilter(options, context.clock.now());
        const listing = await listDeadLetters(filter, connection, context);
        if (options.json) return printJson(context, toJson(listing));
        for (const line of formatListing(listing, filter, connection)) await printLine(context, line);
      }),
    );
}

/** Reads the dead letters that pass the filter, and releases them. */
async function listDeadLetters(
  filter: DeadLetterFilter,
  connection: Connection,
  context: CommandContext,
): Promise<Listing> {
  const reader = openDeadLetterReader(connection, context);
  const progress = createProgress(context, 'reading dead letters:');
  const causes = createCauseGroups();
  let read = 0;
  let matched = 0;
  for await (const deadLetters of reader.batches()) {
    const matching = deadLetters.filter((deadLetter) => matchesFilter(deadLetter, filter));
    matching.forEach(causes.add);
    matched += matching.length;
    read += deadLetters.length;
    progress.show(read);
  }
  progress.end();
  return { matched, unread: await reader.countUnread(), causes: causes.list() };
}

const toJson = ({ matched, unread, causes }: Listing) => ({
  deadLetters: matched,
  unread,
  causes: causes.map(({ first, last, sample, ...cause }) => ({
    ...cause,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    ...runbook[cause.reason],
    sample: { id: sample.id, event: formatEvent(sample, false) },
  })),
});

function formatListing(
  { matched, unread, causes }: Listing,
  filter: DeadLetterFilter,
  { title }: Connection,
): string[] {
  const sections = causes.flatMap((cause) => {
    const { reason, status, detail, count, first, last, types, replayed, sample } = cause;
    const { means, advice } = runbook[reason];
    const byType = Object.entries(types).map(([type, number]) => `${formatNumber(number)} ${type}`);
    const replayedNote = replayed > 0 ? `, ${formatNumber(replayed)} of them replayed before` : '';
    const period = count === 1 ? formatTime(first) : `${formatTime(first)} to ${formatTime(last)}`;
    return [
      '',
      style('bold', `${formatNumber(count)} × ${reason}${status === null ? '' : ` (${status})`}: ${detail}`),
      `  when     ${period} UTC`,
      `  events   ${byType.join(', ')}${replayedNote}`,
      `  meaning  ${means}`,
      `  to do    ${advice}`,
      `  sample   ${style('dim', JSON.stringify(formatEvent(sample, false)))}`,
      `           relay dlq show ${sample.id}`,
    ];
  });
  const total = `${pluralize(matched, 'dead letter')} of ${pluralize(causes.length, 'cause')} in ${title}.`;
  return [matched === 0 ? formatNone(filter, unread, title) : total, ...formatUnread(unread), ...sections];
}
