import { type FileHandle, open } from 'node:fs/promises';
import type { Command } from 'commander';
import { matchesFilter } from '../../dead-letters/dead-letter-filter.ts';
import { toExportRecord } from '../../dead-letters/describe-dead-letter.ts';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printJson, printNote } from '../command-context.ts';
import {
  openDeadLetterReader,
  type TargetOptions,
  withConnection,
  withTargetOptions,
} from '../connection.ts';
import { pluralize } from '../format-text.ts';
import { createProgress } from '../progress.ts';
import { type FilterOptions, toFilter, withFilterOptions } from './filter-options.ts';
import { formatUnread } from './format-unread.ts';

const help = `
Writes NDJSON, a line for each dead letter, with the event as it came in "body": this is personal data.
The dead letters stay where they are. The exit code is 1 if some could not be read: then the file is not all.

Examples:
  $ relay dlq export --stage prod dead-letters.ndjson
  $ relay dlq export --reason rejected | jq -r .body | relay map --explain
`;

export function defineExport(dlq: Command, context: CommandContext): void {
  withTargetOptions(withFilterOptions(dlq.command('export [FILE]')))
    .description('write dead letters, with their events as they are, to FILE or standard output')
    .addHelpText('after', help)
    .action((file: string | undefined, options: TargetOptions & FilterOptions) =>
      exportDeadLetters(file ?? '-', options, context),
    );
}

async function exportDeadLetters(
  file: string,
  options: TargetOptions & FilterOptions,
  context: CommandContext,
): Promise<void> {
  await withConnection(options, context, async (connection) => {
    const filter = toFilter(options, context.clock.now());
    const output = file === '-' ? undefined : await createFile(file);
    const write = (record: object) =>
      output ? output.appendFile(`${JSON.stringify(record)}\n`) : printJson(context, record);
    const progress = createProgress(context, 'exporting dead letters:');
    const reader = openDeadLetterReader(connection, context);
    let exported = 0;
    try {
      for await (const deadLetters of reader.batches()) {
        const matching = deadLetters.filter((deadLetter) => matchesFilter(deadLetter, filter));
        for (const deadLetter of matching) await write(toExportRecord(deadLetter));
        exported += matching.length;
        progress.show(exported);
      }
    } finally {
      progress.end();
      await output?.close();
    }
    if (output) printNote(context, `${pluralize(exported, 'dead letter')} in ${file}`);
    const unread = await reader.countUnread();
    for (const line of formatUnread(unread)) printNote(context, line);
    if (unread > 0) context.setFailed();
  });
}

/** A new file that only its owner can read: events are personal data. */
export async function createFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new CommandError(
      exists ? `${file} exists already: name another file` : `cannot write to ${file}: ${error}`,
    );
  }
}
