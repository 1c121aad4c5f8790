import { isJsonObject, tryParseJson } from '../../runtime/json.ts';
import { toLoggableId } from '../../telemetry/message-id.ts';
import type { CommandContext } from '../command-context.ts';
import { FUNCTIONS } from '../stage/stage-clients.ts';
import { connectLogs, type LogRow, type LogsClient, parseLogTime, queryLogs } from '../stage/stage-log.ts';
import type { LogEntry, LogSource } from './log-entry.ts';

export type LogSelection = {
  /** Milliseconds since the epoch. */
  since: number;
  /** Only lines about the event with this `messageId`. */
  messageId?: string | undefined;
};

/** A line reaches Logs Insights late: what was asked for already is asked for again for so long. */
const LATE_MS = 60_000;

/** The latest of them. */
const MAX_LINES = 1_000;

/**
 * The query of a selection, which works as well in the AWS console. Lines that Lambda itself writes have no `level`.
 */
function toQuery({ messageId }: Pick<LogSelection, 'messageId'>): string {
  const filters = ['ispresent(level)', ...(messageId === undefined ? [] : [messageFilter(messageId)])];
  const filter = filters.map((each) => `| filter ${each}`).join(' ');
  return `fields @timestamp, @message, @ptr ${filter} | sort @timestamp desc | limit ${MAX_LINES}`;
}

/** Logged as it is, or as its hash. Quotes and backslashes would end the text. */
const messageFilter = (messageId: string) => `@message like ${JSON.stringify(toLoggableId(messageId))}`;

/** The log of a stage's functions, through Logs Insights. */
export async function openStageLog(
  stage: string,
  region: string | undefined,
  selection: LogSelection,
  context: Pick<CommandContext, 'clock'>,
): Promise<LogSource> {
  const client = await connectLogs(region);
  return { ...createStageLog(stage, selection, { client, ...context }), close: () => client.destroy() };
}

function createStageLog(
  stage: string,
  { since, messageId }: LogSelection,
  { client, clock }: { client: LogsClient } & Pick<CommandContext, 'clock'>,
): Pick<LogSource, 'read'> {
  const query = toQuery({ messageId });
  const seen = new Set<string>();
  let from = since;
  return {
    async read() {
      const to = clock.now();
      const rows = await queryLogs(stage, { functions: FUNCTIONS, query, from, to }, client, clock);
      from = Math.max(since, to - LATE_MS);
      return rows
        .filter((row) => isNew(row, seen))
        .flatMap(toEntry)
        .reverse();
    },
  };
}

function isNew(row: LogRow, seen: Set<string>): boolean {
  const id = row['@ptr'] ?? '';
  if (seen.has(id)) return false;
  seen.add(id);
  return true;
}

function toEntry(row: LogRow): LogEntry[] {
  const fields = tryParseJson(row['@message'] ?? '');
  if (!isJsonObject(fields)) return [];
  const readText = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return [
    {
      at: parseLogTime(row),
      service: readText('service'),
      level: readText('level').toLowerCase(),
      message: readText('message'),
      fields,
    },
  ];
}
