import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { readMappingSettings } from '../config.ts';
import { type MappingSettings, mapEvent, type SkipCause, skipCause } from '../salesmachine/mapping.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { parseEvent, type SegmentSkipCause } from '../segment/event.ts';
import { isJsonObject, type Json } from '../segment/json.ts';
import { type Command, CommandError, type Terminal } from './command.ts';
import { readEvents, readText } from './read-events.ts';

/** What becomes of one event. `messageId` is null where the event has none. */
export type Mapped = { messageId: string | null } & (
  | { operations: Operation[] }
  | { skipped: SegmentSkipCause | SkipCause }
  | { invalid: string }
);

export const map: Command = {
  summary: 'print the operations that events become, without sending anything',
  help: `Usage: relay map [FILE|-]

Reads Segment events (a JSON object, a JSON array or NDJSON) from FILE or standard input. Prints a line for each:
  {"messageId":…,"operations":[…]}  what would be sent to Salesmachine
  {"messageId":…,"skipped":"why"}   not meant for Salesmachine
  {"messageId":…,"invalid":"why"}   would go to the dead letters

The settings ANONYMOUS_CONTACTS and ALIAS apply. The exit code is 2 if the input is not JSON.
`,
  async run(args, { stdin, stdout, env }: Terminal) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
    const [file = '-', ...others] = positionals;
    if (others.length > 0) throw new CommandError('map reads one file; relay map --help says more');

    const settings = readMappingSettings(env);
    for await (const value of readEvents(readText(file, stdin))) {
      const hasRoom = stdout.write(`${JSON.stringify(mapValue(value, settings))}\n`);
      if (!hasRoom) await once(stdout, 'drain');
    }
  },
};

/** One event as it came, mapped as the relay does. */
export function mapValue(value: Json, settings: MappingSettings): Mapped {
  const parsed = parseEvent(value);
  if (parsed.kind === 'invalid') return { messageId: messageIdOf(value), invalid: parsed.detail };
  if (parsed.kind === 'skipped') return { messageId: messageIdOf(value), skipped: parsed.cause };

  const { event } = parsed;
  const messageId = event.messageId ?? null;
  const skipped = skipCause(event, settings);
  return skipped === undefined
    ? { messageId, operations: mapEvent(event, settings) }
    : { messageId, skipped };
}

/** Of an event that was not parsed to the end. */
function messageIdOf(value: Json): string | null {
  const id = isJsonObject(value) ? value['messageId'] : undefined;
  return typeof id === 'number' || (typeof id === 'string' && id !== '') ? String(id) : null;
}
