import { type FileHandle, open } from 'node:fs/promises';
import type { Command } from 'commander';
import { matches } from '../../dead-letters/dead-letter-filter.ts';
import type { StoredLetter } from '../../dead-letters/stored-dead-letter.ts';
import { CommandError } from '../cli-errors.ts';
import { printJson, type Terminal } from '../command-context.ts';
import { type Place, withConnection, withPlace } from '../connection.ts';
import { createProgress } from '../progress.ts';
import { describedLetter } from './describe-dead-letter.ts';
import { type FilterOptions, filterOf, withFilters } from './filter-options.ts';
import { counted } from './format.ts';
import { letterReader } from './read-dead-letters.ts';

const help = `
Writes NDJSON, a line for each letter, with the event as it came in "body": this is personal data.
The letters stay where they are.

Examples:
  $ relay dlq export --stage prod letters.ndjson
  $ relay dlq export --reason rejected | jq -r .body | relay map --explain
`;

export function defineExport(dlq: Command, terminal: Terminal): void {
  withPlace(withFilters(dlq.command('export [FILE]')))
    .description('write dead letters, with their events as they are, to FILE or standard output')
    .addHelpText('after', help)
    .action((file: string | undefined, options: Place & FilterOptions) =>
      exportLetters(file ?? '-', options, terminal),
    );
}

async function exportLetters(
  file: string,
  options: Place & FilterOptions,
  terminal: Terminal,
): Promise<void> {
  await withConnection(options, terminal, async (connection) => {
    const filter = filterOf(options, terminal.clock.now());
    const output = file === '-' ? undefined : await createFile(file);
    const progress = createProgress(terminal, 'exporting dead letters:');
    let exported = 0;
    try {
      for await (const letters of letterReader(connection, terminal).batches()) {
        for (const letter of letters.filter((each) => matches(each, filter))) {
          const line = exportedLetter(letter);
          if (output) await output.appendFile(`${JSON.stringify(line)}\n`);
          else await printJson(terminal, line);
          exported += 1;
        }
        progress.show(exported);
      }
    } finally {
      progress.end();
      await output?.close();
    }
    if (output) terminal.stderr.write(`${counted(exported, 'dead letter')} in ${file}\n`);
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

/** A letter as it is written to a file, from which the event could be sent again. */
export const exportedLetter = (letter: StoredLetter) => ({
  ...describedLetter(letter),
  messageId: letter.messageId ?? null,
  type: letter.type ?? null,
  encoding: letter.replayable ? 'text' : 'base64',
  body: letter.message.body,
});
