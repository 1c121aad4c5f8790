import { styleText } from 'node:util';
import type { Command } from 'commander';
import { type LetterFilter, matches } from '../../dead-letters/dead-letter-filter.ts';
import { adviceOn } from '../../dead-letters/runbook.ts';
import { printJson, printLine, type Terminal } from '../command-context.ts';
import { type Connection, type Place, withConnection, withPlace } from '../connection.ts';
import { createProgress } from '../progress.ts';
import { type FilterOptions, filterOf, withFilters } from './filter-options.ts';
import { counted, shownEvent, timeText } from './format.ts';
import { type Cause, createCauses } from './group-by-cause.ts';
import { letterReader } from './read-dead-letters.ts';

type ListOptions = Place & FilterOptions & { json?: true };

const help = `
Events are shown without their values: relay dlq show ID --reveal shows one as it is.

Examples:
  $ relay dlq list
  $ relay dlq list --stage prod --since 12h --type track
  $ relay dlq list --user 4711 --json
`;

/** The dead letters by cause. `unread`: about so many more are there, but in somebody else's hands, or waiting behind another. */
export type Listing = { matched: number; unread: number; causes: Cause[] };

export function defineList(dlq: Command, terminal: Terminal): void {
  withPlace(withFilters(dlq.command('list')))
    .description('the dead letters by cause: how many, since when, a sample, and what to do about it')
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((options: ListOptions) =>
      withConnection(options, terminal, async (connection) => {
        const filter = filterOf(options, terminal.clock.now());
        const listing = await listLetters(filter, connection, terminal);
        if (options.json) return printJson(terminal, jsonOf(listing));
        for (const line of textOf(listing, connection, terminal)) await printLine(terminal, line);
      }),
    );
}

/** Reads all dead letters that the filter lets pass, and hands them back. */
export async function listLetters(
  filter: LetterFilter,
  connection: Connection,
  terminal: Terminal,
): Promise<Listing> {
  const reader = letterReader(connection, terminal);
  const progress = createProgress(terminal, 'reading dead letters:');
  const causes = createCauses();
  let read = 0;
  let matched = 0;
  for await (const letters of reader.batches()) {
    const wanted = letters.filter((letter) => matches(letter, filter));
    wanted.forEach(causes.add);
    matched += wanted.length;
    read += letters.length;
    progress.show(read);
  }
  progress.end();
  return { matched, unread: await reader.unread(), causes: causes.list() };
}

const jsonOf = ({ matched, unread, causes }: Listing) => ({
  deadLetters: matched,
  unread,
  causes: causes.map(({ first, last, sample, ...cause }) => ({
    ...cause,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    ...adviceOn[cause.reason],
    sample: { id: sample.id, event: shownEvent(sample, false) },
  })),
});

function textOf({ matched, unread, causes }: Listing, { title }: Connection, { stdout }: Terminal): string[] {
  const strong = (text: string) => styleText('bold', text, { stream: stdout });
  const faint = (text: string) => styleText('dim', text, { stream: stdout });
  const sections = causes.flatMap((cause) => {
    const { reason, status, detail, count, first, last, types, replayed, sample } = cause;
    const { means, advice } = adviceOn[reason];
    const byType = Object.entries(types).map(([type, number]) => `${number.toLocaleString('en')} ${type}`);
    const again = replayed > 0 ? `, ${replayed.toLocaleString('en')} of them replayed before` : '';
    const died = count === 1 ? timeText(first) : `${timeText(first)} to ${timeText(last)}`;
    return [
      '',
      strong(`${count.toLocaleString('en')} × ${reason}${status === null ? '' : ` (${status})`}: ${detail}`),
      `  when     ${died} UTC`,
      `  events   ${byType.join(', ')}${again}`,
      `  meaning  ${means}`,
      `  to do    ${advice}`,
      `  sample   ${faint(JSON.stringify(shownEvent(sample, false)))}`,
      `           relay dlq show ${sample.id}`,
    ];
  });
  const more =
    unread > 0 ? [`About ${unread} more could not be read now: in other hands, or behind these.`] : [];
  const total = `${counted(matched, 'dead letter')} of ${counted(causes.length, 'cause')} in ${title}.`;
  return [matched === 0 ? `No dead letters in ${title}.` : total, ...more, ...sections];
}
