import type { Command } from 'commander';
import { readMappingSettings } from '../../config/config.ts';
import { mapEvent } from '../../mapping/map-event.ts';
import type { MappingSettings } from '../../mapping/mapping-settings.ts';
import type { SkipCause } from '../../mapping/skip-cause.ts';
import { isJsonObject, type Json } from '../../runtime/json.ts';
import type { Operation } from '../../salesmachine/operation.ts';
import { parseText } from '../../segment/id.ts';
import { readEvents } from '../../segment/read-events.ts';
import { type CommandContext, printJson, printLine, printNote } from '../command-context.ts';
import { formatExplanation } from '../format-explanation.ts';
import { pluralize } from '../format-text.ts';
import { previewRequest } from '../preview-request.ts';
import { readText } from '../read-text.ts';

/** What becomes of one event. `messageId` is null where the event has none. */
export type MapResult = { messageId: string | null } & (
  | { operations: Operation[] }
  | { skipped: SkipCause }
  | { invalid: string }
);

const help = `
Reads Segment events from FILE or standard input: objects, arrays, NDJSON, or what webhooks and SDKs send
({"batch":[…]}, [{"json":{…}}]), in UTF-8 or UTF-16, also compressed with gzip. Prints a line for each:
  {"messageId":…,"operations":[…]}  what would be sent to Salesmachine
  {"messageId":…,"skipped":"why"}   not meant for Salesmachine
  {"messageId":…,"invalid":"why"}   would go to the dead letters

The settings ANONYMOUS_CONTACTS, ALIAS, SCREEN, CONTEXT_ATTRIBUTES and EXCLUDE_… apply. An event without a time of its
own gets none here, and a note on standard error counts such events: the relay gives them the time when it accepts them.
The exit code is 2 if the input is not JSON.

Examples:
  $ relay map events.ndjson
  $ echo '{"type":"track","userId":"7","event":"Order Completed"}' | relay map --explain
`;

export function defineMap(relay: Command, context: CommandContext): void {
  relay
    .command('map [FILE]')
    .description('print the operations that events become, without sending anything')
    .option(
      '--explain',
      'a readable account of each event: the rule, where each field comes from, the request',
    )
    .addHelpText('after', help)
    .action((file: string | undefined, options: { explain?: true }) =>
      map(file ?? '-', options.explain === true, context),
    );
}

async function map(file: string, explain: boolean, context: CommandContext): Promise<void> {
  const settings = readMappingSettings(context.env);
  const preview = (operations: readonly Operation[]) =>
    previewRequest(operations, settings.alias === 'single');
  let [count, timeless] = [0, 0];
  for await (const value of readEvents(readText(file, context))) {
    count += 1;
    if (!explain) {
      const result = mapValue(value, settings);
      await printJson(context, result);
      if ('operations' in result && result.operations[0]?.created_at === undefined) timeless += 1;
      continue;
    }
    for (const line of formatExplanation(value, settings, preview)) await printLine(context, line);
  }
  if (count === 0) printNote(context, 'relay: the input holds no event');
  if (timeless > 0)
    printNote(
      context,
      `relay: no time can be read in ${pluralize(timeless, 'event')}: created_at will be the time of acceptance`,
    );
}

/** One event as it came, mapped as the relay does. */
export function mapValue(value: Json, settings: MappingSettings): MapResult {
  const messageId = (isJsonObject(value) && parseText(value['messageId'])) || null;
  const mapped = mapEvent(value, settings);
  if (mapped.kind === 'operations') return { messageId, operations: mapped.operations };
  return mapped.kind === 'skipped'
    ? { messageId, skipped: mapped.cause }
    : { messageId, invalid: mapped.detail };
}
