import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { readEvents } from '../../segment/read-events.ts';
import { type CommandContext, printJson, printLine, printNote } from '../command-context.ts';
import { pluralize } from '../format-text.ts';
import { nonNegativeInteger, positiveInteger, positiveNumber } from '../options.ts';
import { createProgress, formatDuration } from '../progress.ts';
import { readText } from '../read-text.ts';
import { type SendSummary, sendEvents } from './send-events.ts';
import { resolveSendTarget, type SendTargetOptions, withSendTargetOptions } from './send-target.ts';

type SendFlags = SendTargetOptions & { batch: number; rate?: number; skip: number; json?: true };

const help = `
Reads events (objects, arrays, NDJSON, an SDK's {"batch":[…]}; also compressed with gzip), signs them as Segment does,
and posts them in their order, one request after the other. NDJSON is streamed, so its length does not matter. Answers
of 429 and 5xx, and lost connections, are tried again for five minutes.

Without --url, the events go to the local relay at RELAY_URL. Without --secret and --token, the first of
SEGMENT_SHARED_SECRETS and of INGEST_TOKENS apply; without these, the local relay takes them with its own.

The exit code is 1 if an event was not accepted; one that is not meant for Salesmachine is skipped, which is fine.
After Ctrl-C, or when it gives up, it prints how to go on.

Examples:
  $ relay send events.ndjson
  $ relay send backfill.ndjson --rate 200 --token "$TOKEN" --url https://….amazonaws.com/segment
`;

export function defineSend(relay: Command, context: CommandContext): void {
  withSendTargetOptions(relay.command('send [FILE]'))
    .description('sign and post events: a backfill, or to try the relay')
    .option('--batch <n>', 'events a request; 100 of any size fit', positiveInteger, 100)
    .option('--rate <n>', 'events a second, at most', positiveNumber)
    .option('--skip <n>', 'leave out so many events at the beginning', nonNegativeInteger, 0)
    .option('--json', 'for programs: the summary as one JSON object')
    .addHelpText('after', help)
    .action((file: string | undefined, flags: SendFlags) => send(file ?? '-', flags, context));
}

async function send(file: string, flags: SendFlags, context: CommandContext): Promise<void> {
  const { batch, skip, rate = Number.POSITIVE_INFINITY } = flags;
  const target = await resolveSendTarget(flags, context);
  const signal = context.interruptSignal();
  const bytes = await findInputSize(file);
  const progress = createProgress(context, 'sent');
  const startedAt = context.clock.now();
  let read = 0;
  const text = readText(file, context, (chunkBytes) => {
    read += chunkBytes;
  });
  const options = {
    target,
    batchSize: batch,
    rate,
    skip,
    signal,
    onProgress: (sent: number) => progress.show(sent, bytes && read / bytes),
    onRefused: (events: number, cause: string) =>
      printNote(context, `relay: ${pluralize(events, 'event')}: ${cause}`),
  };
  try {
    const summary = await sendEvents(readEvents(text), options, context);
    progress.end();
    if (summary.givenUp !== undefined || summary.failed + summary.deadLettered > 0) context.setFailed();
    const seconds = (context.clock.now() - startedAt) / 1_000;
    await printSummary(
      summary,
      { skip, seconds, stopped: signal.aborted, asJson: flags.json === true },
      context,
    );
  } finally {
    progress.end();
  }
}

type SendEnd = { skip: number; seconds: number; stopped: boolean; asJson: boolean };

async function printSummary(
  { sent, givenUp, ...counts }: SendSummary,
  { skip, seconds, stopped, asJson }: SendEnd,
  context: CommandContext,
): Promise<void> {
  const next = skip + sent;
  if (asJson) return printJson(context, { ...counts, next, givenUp: givenUp ?? null });
  await printLine(context, `${formatCounts(counts)}, in ${formatDuration(seconds)}`);
  const goOn = next > 0 ? ` Go on with --skip ${next}.` : '';
  if (givenUp !== undefined) await printLine(context, `Given up: ${givenUp}.${goOn}`);
  else if (stopped) await printLine(context, `Stopped.${goOn}`);
  else if (sent === 0) {
    const left = skip > 0 ? ` after the first ${pluralize(skip, 'event')}` : '';
    printNote(context, `relay: the input holds no event${left}`);
  }
}

export const formatCounts = ({
  accepted,
  deadLettered,
  skipped,
  failed,
}: Pick<SendSummary, 'accepted' | 'deadLettered' | 'skipped' | 'failed'>): string =>
  `${accepted} accepted, ${deadLettered} dead-lettered, ${skipped} skipped, ${failed} failed`;

/** How many bytes the input has; undefined if it is not a file. */
async function findInputSize(file: string): Promise<number | undefined> {
  const stats = file === '-' ? undefined : await stat(file).catch(() => undefined);
  return stats?.isFile() ? stats.size : undefined;
}
