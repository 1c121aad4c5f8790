import type { Command } from 'commander';
import { type CommandContext, printJson, printLine, printNote } from '../command-context.ts';
import { type TargetOptions, withTargetOptions } from '../connection.ts';
import { openLocalLog } from '../logs/local-log-source.ts';
import { formatLogEntry, type LogEntry, type LogSource } from '../logs/log-entry.ts';
import { type LogSelection, openStageLog } from '../logs/stage-log-source.ts';
import { parseTime } from '../options.ts';

const help = `
With --stage, asks CloudWatch Logs Insights, which costs $0.005 a gigabyte of log; a line appears there after some
seconds. It gives the latest 1,000 lines. Without --stage, the local relay gives its latest 2,000 to 4,000.

Examples:
  $ relay logs
  $ relay logs --stage prod --since 2h
  $ relay logs --stage prod --message-id 022bb90c-bbac-11e4-8dfc-aa07a5b093db    what happened to this event
  $ relay logs --stage prod --follow
`;

type LogsOptions = TargetOptions & { messageId?: string; since?: string; follow?: true; json?: true };

/** Without --since; an event may have waited for long. */
const DEFAULT_SINCE = { all: '1h', event: '14d' };

export function defineLogs(relay: Command, context: CommandContext): void {
  withTargetOptions(relay.command('logs'))
    .description('what the relay logged: of all events, or of one')
    .option('--message-id <id>', 'only lines about the event with this messageId')
    .option(
      '--since <when>',
      'from this time on: 2026-01-31T08:00Z, or 30m, 2h, 3d (default: 1h; 14d of one event)',
    )
    .option('--follow', 'go on with what is logged from now on, until Ctrl-C')
    .option('--json', 'for programs: a JSON object for each line')
    .addHelpText('after', help)
    .action((options: LogsOptions) => showLogs(options, context));
}

async function showLogs(options: LogsOptions, context: CommandContext): Promise<void> {
  const signal = options.follow ? context.interruptSignal() : undefined;
  const source = await openLog(options, context);
  try {
    const found = await printNew(source, options, context);
    if (found === 0 && !signal) printNote(context, describeNothing(options));
    while (signal && !signal.aborted) {
      await context.clock
        .sleep(POLL_MS[options.stage === undefined ? 'local' : 'stage'], signal)
        .catch(() => undefined);
      if (!signal.aborted) await printNew(source, options, context);
    }
  } finally {
    source.close();
  }
}

const POLL_MS = { local: 500, stage: 5_000 };

async function openLog(options: LogsOptions, context: CommandContext): Promise<LogSource> {
  const { stage, region, messageId, since } = options;
  const defaultSince = messageId === undefined ? DEFAULT_SINCE.all : DEFAULT_SINCE.event;
  const selection: LogSelection = {
    since: parseTime('--since', since ?? defaultSince, context.clock.now()),
    messageId,
  };
  return stage === undefined
    ? openLocalLog(selection, context)
    : openStageLog(stage, region, selection, context);
}

/** Prints what is new; returns how many lines. */
async function printNew(source: LogSource, { json }: LogsOptions, context: CommandContext): Promise<number> {
  const entries = await source.read();
  for (const entry of entries) {
    if (json) await printJson(context, toJson(entry));
    else await printLine(context, formatLogEntry(entry));
  }
  return entries.length;
}

const toJson = ({ at, service, level, message, fields }: LogEntry) => ({
  ...fields,
  time: new Date(at).toISOString(),
  ...(service && { service }),
  level,
  message,
});

const describeNothing = ({ messageId }: LogsOptions) =>
  messageId === undefined
    ? 'relay: nothing was logged in this time'
    : 'relay: the log has nothing about this event in this time: check the id, or name an earlier --since';
