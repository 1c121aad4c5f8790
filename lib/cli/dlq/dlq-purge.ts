import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { matchesFilter } from '../../dead-letters/dead-letter-filter.ts';
import { toExportRecord } from '../../dead-letters/describe-dead-letter.ts';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printNote } from '../command-context.ts';
import {
  type Connection,
  openDeadLetterReader,
  type TargetOptions,
  withConnection,
  withTargetOptions,
} from '../connection.ts';
import { createProgress } from '../progress.ts';
import { createFile } from './dlq-export.ts';
import { type FilterOptions, toFilter, withFilterOptions } from './filter-options.ts';
import { pluralize } from './format.ts';

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
  const { clock } = context;
  const filter = toFilter(options, clock.now());
  const signal = context.interruptSignal();

  // What arrives after the question was not meant by the answer.
  const ids = new Set<string>();
  for await (const deadLetters of openDeadLetterReader(connection, context, signal).batches()) {
    for (const deadLetter of deadLetters) if (matchesFilter(deadLetter, filter)) ids.add(deadLetter.id);
  }
  if (signal.aborted) return;
  if (ids.size === 0) {
    printNote(context, `No such dead letters in ${connection.title}.`);
    return;
  }
  const question = `Delete ${pluralize(ids.size, 'dead letter')} of ${connection.title}?`;
  if (!options.yes && !(await confirm(question, context, signal))) return;

  const now = new Date(clock.now()).toISOString();
  const name = options.file ?? `dead-letters-purged-${now.replaceAll(':', '-')}.ndjson`;
  const file = await createFile(name);
  const progress = createProgress(context, 'purging dead letters:');
  let purged = 0;
  let undeleted = 0;
  try {
    const reader = openDeadLetterReader(connection, context, signal);
    for await (const deadLetters of reader.batches()) {
      const toDelete = deadLetters.filter(({ id }) => ids.has(id));
      if (toDelete.length === 0) continue;
      const lines = toDelete.map((deadLetter) =>
        JSON.stringify({ ...toExportRecord(deadLetter), purged: { at: now, why: options.why } }),
      );
      await file.appendFile(`${lines.join('\n')}\n`);
      await file.sync();
      undeleted += (await reader.deleteDeadLetters(toDelete)).length;
      purged += toDelete.length;
      progress.show(purged, purged / ids.size);
    }
  } finally {
    progress.end();
    await file.close();
  }
  printNote(context, `${pluralize(purged - undeleted, 'dead letter')} deleted; they are in ${name}`);
  if (purged - undeleted < ids.size) {
    printNote(context, `${ids.size - purged + undeleted} were not deleted: run it again.`);
    context.setFailed();
  }
}

async function confirm(
  question: string,
  { stdin, stderr }: CommandContext,
  signal: AbortSignal,
): Promise<boolean> {
  if (stdin.isTTY !== true) throw new CommandError(`${question} There is no terminal to ask on: add --yes`);
  // As a terminal it would take Ctrl-C for itself.
  const prompt = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    prompt.close();
  }
}
