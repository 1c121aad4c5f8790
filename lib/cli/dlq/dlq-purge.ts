import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { matches } from '../../dead-letters/dead-letter-filter.ts';
import { CommandError } from '../cli-errors.ts';
import type { Terminal } from '../command-context.ts';
import { type Connection, type Place, withConnection, withPlace } from '../connection.ts';
import { createProgress } from '../progress.ts';
import { createFile, exportedLetter } from './dlq-export.ts';
import { type FilterOptions, filterOf, withFilters } from './filter-options.ts';
import { counted } from './format.ts';
import { letterReader } from './read-dead-letters.ts';

type PurgeOptions = Place & FilterOptions & { why: string; file?: string; yes?: true };

const help = `
--reason is demanded, too. Before a letter is deleted it is written to a file, with the why: nothing is gone for good.

Examples:
  $ relay dlq purge --stage prod --reason invalid_event --until 7d --why 'the old app, which nobody uses any more'
  $ relay dlq purge --reason alias_unsupported --why 'we do without aliases' --file aliases.ndjson --yes
`;

export function definePurge(dlq: Command, terminal: Terminal): void {
  withPlace(withFilters(dlq.command('purge')))
    .description('write dead letters to a file, then delete them')
    .requiredOption('--why <text>', 'why they are not needed any more; it is written to the file')
    .option('--file <name>', 'where to write them (default: dead-letters-purged-TIME.ndjson, here)')
    .option('--yes', 'do not ask')
    .addHelpText('after', help)
    .action((options: PurgeOptions) => {
      if (options.reason === undefined) throw new CommandError('purge which? Name a reason with --reason');
      return withConnection(options, terminal, (connection) => purge(options, connection, terminal));
    });
}

async function purge(options: PurgeOptions, connection: Connection, terminal: Terminal): Promise<void> {
  const { stderr, clock } = terminal;
  const filter = filterOf(options, clock.now());
  const signal = terminal.interruption();

  // What comes later was not asked for.
  const ids = new Set<string>();
  for await (const letters of letterReader(connection, terminal, signal).batches()) {
    for (const letter of letters) if (matches(letter, filter)) ids.add(letter.id);
  }
  if (signal.aborted) return;
  if (ids.size === 0) {
    stderr.write(`No such dead letters in ${connection.title}.\n`);
    return;
  }
  const question = `Delete ${counted(ids.size, 'dead letter')} of ${connection.title}?`;
  if (!options.yes && !(await confirm(question, terminal, signal))) return;

  const now = new Date(clock.now()).toISOString();
  const name = options.file ?? `dead-letters-purged-${now.replaceAll(':', '-')}.ndjson`;
  const file = await createFile(name);
  const progress = createProgress(terminal, 'purging dead letters:');
  let purged = 0;
  let left = 0;
  try {
    const reader = letterReader(connection, terminal, signal);
    for await (const letters of reader.batches()) {
      const doomed = letters.filter(({ id }) => ids.has(id));
      if (doomed.length === 0) continue;
      const lines = doomed.map((letter) =>
        JSON.stringify({ ...exportedLetter(letter), purged: { at: now, why: options.why } }),
      );
      await file.appendFile(`${lines.join('\n')}\n`);
      await file.sync();
      left += (await reader.remove(doomed)).length;
      purged += doomed.length;
      progress.show(purged, purged / ids.size);
    }
  } finally {
    progress.end();
    await file.close();
  }
  stderr.write(`${counted(purged - left, 'dead letter')} deleted; they are in ${name}\n`);
  if (purged - left < ids.size) {
    stderr.write(`${ids.size - purged + left} were not deleted: run it again.\n`);
    terminal.fail();
  }
}

async function confirm(question: string, { stdin, stderr }: Terminal, signal: AbortSignal): Promise<boolean> {
  if (stdin.isTTY !== true) throw new CommandError(`${question} There is nobody to ask: say --yes`);
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
