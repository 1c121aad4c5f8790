import type { Command } from 'commander';
import type { Sender } from '../../dead-letters/dead-letter.ts';
import { describeDeadLetter } from '../../dead-letters/describe-dead-letter.ts';
import { describePrediction, predictReplay } from '../../dead-letters/dry-run.ts';
import { runbook } from '../../dead-letters/runbook.ts';
import type { StoredDeadLetter } from '../../dead-letters/stored-dead-letter.ts';
import type { MappingSettings } from '../../mapping/mapping-settings.ts';
import { style } from '../../runtime/terminal-text.ts';
import type { Operation } from '../../salesmachine/operation.ts';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printJson, printLine } from '../command-context.ts';
import {
  openDeadLetterReader,
  type TargetOptions,
  withConnection,
  withTargetOptions,
} from '../connection.ts';
import { formatTime, pluralize } from '../format-text.ts';
import { redactOperation } from '../redact.ts';
import { formatEvent } from './format-event.ts';

type ShowOptions = TargetOptions & { reveal?: true; json?: true };

const help = `
The ID is the one that relay dlq list prints.

Examples:
  $ relay dlq show 3q2mI…
  $ relay dlq show --stage prod --reveal 3q2mI…    with ids, traits and properties as they are
`;

export function defineShow(dlq: Command, context: CommandContext): void {
  withTargetOptions(dlq.command('show <ID>'))
    .description('one dead letter: its reason, its event, what was sent of it, and what a replay would do')
    .option('--reveal', "the event's values, too: they are personal data")
    .option('--json', 'for programs: one JSON object')
    .addHelpText('after', help)
    .action((id: string, options: ShowOptions) =>
      withConnection(options, context, async (connection) => {
        const deadLetter = await findDeadLetter(id, openDeadLetterReader(connection, context).batches());
        const shown = toShowOutput(
          deadLetter,
          (await connection.settings()).mapping,
          options.reveal === true,
        );
        if (options.json) return printJson(context, shown);
        for (const line of formatDeadLetter(shown)) await printLine(context, line);
      }),
    );
}

async function findDeadLetter(
  id: string,
  batches: AsyncIterable<StoredDeadLetter[]>,
): Promise<StoredDeadLetter> {
  for await (const deadLetters of batches) {
    const found = deadLetters.find((deadLetter) => deadLetter.id === id);
    if (found) return found;
  }
  throw new CommandError(
    'no dead letter has this id: it was replayed or purged, or another reader has it now (try again in a minute)',
  );
}

const toShowOutput = (deadLetter: StoredDeadLetter, mapping: MappingSettings, reveal: boolean) => ({
  ...describeDeadLetter(deadLetter),
  replayable: deadLetter.replayable,
  today: describePrediction(deadLetter, mapping),
  event: formatEvent(deadLetter, reveal),
  operations: findOperations(deadLetter, mapping).map((each) => (reveal ? each : redactOperation(each))),
});

/** What is sent of the event by today's mapping: nothing if it does not get that far. */
function findOperations(deadLetter: StoredDeadLetter, mapping: MappingSettings): readonly Operation[] {
  const prediction = predictReplay(deadLetter, mapping);
  return prediction.today === 'sent' ? prediction.operations : [];
}

function formatDeadLetter(shown: ReturnType<typeof toShowOutput>): string[] {
  const { reason, status, detail } = shown;
  const { means, advice } = runbook[reason];
  const title = `${reason}${status === null ? '' : ` (${status})`}: ${detail}`;
  return [
    style('bold', title),
    `  id        ${shown.id}`,
    `  accepted  ${formatTime(Date.parse(shown.acceptedAt))} UTC`,
    `  failed    ${formatTime(Date.parse(shown.deadAt))} UTC, ${formatAttempts(shown)}`,
    `  meaning   ${means}`,
    `  to do     ${advice}`,
    `  today     ${shown.today}`,
    ...formatSender(shown.sender),
    '',
    style('bold', 'event'),
    ...formatJson(shown.event),
    ...shown.operations.flatMap((operation) => [
      '',
      style('bold', `sent to Salesmachine, by today's mapping: ${operation['method']}`),
      ...formatJson(operation),
    ]),
  ];
}

/** Line by line, for each line is made safe for the terminal. */
const formatJson = (value: unknown): string[] => JSON.stringify(value, null, 2).split('\n');

function formatSender(sender: Sender | null): string[] {
  const { route, userAgent, credential, requestId } = sender ?? {};
  const known = [route, userAgent && `"${userAgent}"`, credential, requestId && `request ${requestId}`];
  return sender ? [`  sender    ${known.filter(Boolean).join(', ')}`] : [];
}

const formatAttempts = ({ attempts, replays }: { attempts: number; replays: number }): string =>
  `after ${pluralize(attempts, 'attempt')} and ${pluralize(replays, 'replay')}`;
