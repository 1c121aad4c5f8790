import { styleText } from 'node:util';
import type { Command } from 'commander';
import { adviceOn } from '../../dead-letters/runbook.ts';
import type { StoredLetter } from '../../dead-letters/stored-dead-letter.ts';
import { workOf } from '../../delivery/queued-event.ts';
import type { MappingSettings } from '../../mapping/map-event.ts';
import { CommandError } from '../cli-errors.ts';
import { printJson, printLine, type Terminal } from '../command-context.ts';
import { type Place, withConnection, withPlace } from '../connection.ts';
import { describedLetter } from './describe-dead-letter.ts';
import { counted, shownEvent, timeText } from './format.ts';
import { letterReader } from './read-dead-letters.ts';

type ShowOptions = Place & { reveal?: true; json?: true };

const help = `
The ID is the letter's own, as relay dlq list prints it.

Examples:
  $ relay dlq show 3q2mI…
  $ relay dlq show --stage prod --reveal 3q2mI…    with ids, traits and properties as they are
`;

export function defineShow(dlq: Command, terminal: Terminal): void {
  withPlace(dlq.command('show <ID>'))
    .description('one dead letter: why it died, its event, and what would become of it today')
    .option('--reveal', "the event's values, too: they are personal data")
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((id: string, options: ShowOptions) =>
      withConnection(options, terminal, async (connection) => {
        const letter = await findLetter(id, letterReader(connection, terminal).batches());
        const shown = shownLetter(letter, (await connection.settings()).mapping, options.reveal === true);
        if (options.json) return printJson(terminal, shown);
        for (const line of textOf(shown, terminal)) await printLine(terminal, line);
      }),
    );
}

async function findLetter(id: string, batches: AsyncIterable<StoredLetter[]>): Promise<StoredLetter> {
  for await (const letters of batches) {
    const found = letters.find((letter) => letter.id === id);
    if (found) return found;
  }
  throw new CommandError(
    'no dead letter has this id: perhaps it was replayed or purged, or somebody else reads it (try again in a minute)',
  );
}

const shownLetter = (letter: StoredLetter, mapping: MappingSettings, revealed: boolean) => ({
  ...describedLetter(letter),
  replayable: letter.replayable,
  today: todayOf(letter, mapping),
  event: shownEvent(letter, revealed),
});

/** What today's mapping makes of it. */
function todayOf(letter: StoredLetter, mapping: MappingSettings): string {
  if (!letter.replayable) return 'cannot be replayed: it is not stored as a whole';
  const work = workOf(letter.message, mapping);
  if ('invalid' in work) return `would fail again: ${work.invalid}`;
  const methods = work.parts.map(({ operation }) => operation.method);
  if (methods.length === 0) return 'would be skipped: it is not meant for Salesmachine';
  return `would be sent again, as ${counted(methods.length, 'operation')}: ${methods.join(', ')}`;
}

function textOf(shown: ReturnType<typeof shownLetter>, { stdout }: Terminal): string[] {
  const { reason, status, detail } = shown;
  const { means, advice } = adviceOn[reason];
  const title = `${reason}${status === null ? '' : ` (${status})`}: ${detail}`;
  return [
    styleText('bold', title, { stream: stdout }),
    `  id        ${shown.id}`,
    `  accepted  ${timeText(Date.parse(shown.acceptedAt))} UTC`,
    `  died      ${timeText(Date.parse(shown.deadAt))} UTC, ${triesText(shown)}`,
    `  meaning   ${means}`,
    `  to do     ${advice}`,
    `  today     ${shown.today}`,
    '',
    JSON.stringify(shown.event, null, 2),
  ];
}

const triesText = ({ attempts, replays }: { attempts: number; replays: number }): string =>
  `after ${counted(attempts, 'attempt')} and ${counted(replays, 'replay')}`;
