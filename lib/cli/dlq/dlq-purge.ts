import type { Command } from 'commander';
import { type DeadLetterFilter, matchesFilter } from '../../dead-letters/dead-letter-filter.ts';
import { toExportRecord } from '../../dead-letters/describe-dead-letter.ts';
import type { StoredDeadLetter } from '../../dead-letters/stored-dead-letter.ts';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printNote } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import {
  type Connection,
  openDeadLetterReader,
  type TargetOptions,
  withConnection,
  withTargetOptions,
} from '../connection.ts';
import { pluralize } from '../format-text.ts';
import { createProgress } from '../progress.ts';
import { createFile } from './dlq-export.ts';
import { type FilterOptions, toFilter, withFilterOptions } from './filter-options.ts';
import { formatNone, formatUnread } from './format-unread.ts';

type PurgeOptions = TargetOptions & FilterOptions & { why: string; file?: string; yes?: true };

const help = `
--reason is required, too. Each dead letter is written to a file, with the why, before it is deleted: nothing is gone for good.

Examples:
  $ relay dlq purge --stage prod --reason invalid_event --until 7d --why 'the old app, which is not used any more'
  $ relay dlq purge --reason alias_unsupported --why 'we do without aliases' --file aliases.ndjson --yes
`;

export function definePurge(dlq: Command, context: CommandContext): void {
  withTargetOptions(withFilterOptions(dlq.command('purge')))
    .description('write dead letters to a file, then delete them')
    .requiredOption('--why <text>', 'why they are not needed any more; it is written to the file')
    .option('--file <name>', 'where to write them (default: dead-letters-purged-TIME.ndjson, here)')
    .option('--yes', 'do not ask')
    .addHelpText('after', help)
    .action((options: PurgeOptions) => {
      if (options.reason === undefined) throw new CommandError('purge which? Name a reason with --reason');
      return withConnection(options, context, (connection) => purge(options, connection, context));
    });
}

async function purge(options: PurgeOptions, connection: Connection, context: CommandContext): Promise<void> {
  const filter = toFilter(options, context.clock.now());
  const signal = context.interruptSignal();
  const session = { connection, context, signal };

  // What arrives after the question was not meant by the answer.
  const { ids, unread } = await findDeadLetters(filter, session);
  if (signal.aborted) return;
  for (const line of formatUnread(unread)) printNote(context, line);
  if (ids.size === 0) return printNote(context, formatNone(filter, unread, connection.title));
  const question = `Delete ${pluralize(ids.size, 'dead letter')} of ${connection.title}?`;
  if (!options.yes && !(await confirm(question, context, signal))) return;

  const { at, name, file } = await createPurgeFile(options, context);
  const progress = createProgress(context, 'purging dead letters:');
  const counts = { deleted: 0, failed: 0 };
  try {
    const toLine = (deadLetter: StoredDeadLetter) =>
      JSON.stringify({ ...toExportRecord(deadLetter), purged: { at, why: options.why } });
    await deleteDeadLetters(ids, counts, session, async (deadLetters) => {
      await file.appendFile(`${deadLetters.map(toLine).join('\n')}\n`);
      await file.sync();
      progress.show(counts.deleted, counts.deleted / ids.size);
    });
  } finally {
    progress.end();
    await file.close();
    const { deleted: count, failed } = counts;
    await connection.audit({ action: 'purge', filter, count, failed, why: options.why });
  }
  printNote(context, `${pluralize(counts.deleted, 'dead letter')} deleted; they are in ${name}`);
  if (counts.deleted === ids.size) return;
  printNote(context, `${ids.size - counts.deleted} were not deleted: run it again.`);
  context.setFailed();
}

type PurgeSession = { connection: Connection; context: CommandContext; signal: AbortSignal };

/** The ids of those that match, and about how many could not be read. */
async function findDeadLetters(
  filter: DeadLetterFilter,
  { connection, context, signal }: PurgeSession,
): Promise<{ ids: Set<string>; unread: number }> {
  const reader = openDeadLetterReader(connection, context, signal);
  const ids = new Set<string>();
  for await (const deadLetters of reader.batches()) {
    for (const deadLetter of deadLetters) if (matchesFilter(deadLetter, filter)) ids.add(deadLetter.id);
  }
  return { ids, unread: await reader.countUnread() };
}

async function createPurgeFile({ file: given }: PurgeOptions, { clock }: CommandContext) {
  const at = new Date(clock.now()).toISOString();
  const name = given ?? `dead-letters-purged-${at.replaceAll(':', '-')}.ndjson`;
  return { at, name, file: await createFile(name) };
}

/** Deletes the dead letters of these ids, each batch once it is written down; counts as it goes. */
async function deleteDeadLetters(
  ids: ReadonlySet<string>,
  counts: { deleted: number; failed: number },
  { connection, context, signal }: PurgeSession,
  write: (deadLetters: readonly StoredDeadLetter[]) => Promise<void>,
): Promise<void> {
  const reader = openDeadLetterReader(connection, context, signal);
  for await (const batch of reader.batches()) {
    const deadLetters = batch.filter(({ id }) => ids.has(id));
    if (deadLetters.length === 0) continue;
    await write(deadLetters);
    const left = await reader.deleteDeadLetters(deadLetters);
    counts.deleted += deadLetters.length - left.length;
    counts.failed += left.length;
  }
}
