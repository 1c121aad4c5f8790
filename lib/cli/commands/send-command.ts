import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Environment } from '../../config/config.ts';
import { localConnectionSchema } from '../../local/api-schema.ts';
import { InputError } from '../../runtime/errors.ts';
import { type PostResult, postBatch, type Target } from '../../segment/post-batch.ts';
import { readEvents } from '../../segment/read-events.ts';
import { splitIntoBatches } from '../../segment/split-into-batches.ts';
import { CommandError } from '../cli-errors.ts';
import { type CommandContext, printJson, printLine, printNote } from '../command-context.ts';
import { nonNegativeInteger, positiveInteger, positiveNumber } from '../options.ts';
import { createProgress, formatDuration } from '../progress.ts';
import { readText } from '../read-text.ts';
import { relayUrl, requestLocalRelay } from '../request-local-relay.ts';

type SendOptions = {
  url?: string;
  secret?: string;
  token?: string;
  batch: number;
  rate?: number;
  skip: number;
  json?: true;
};

/** Events by what became of them; `failed` were refused, or could not be sent. */
type Summary = { accepted: number; deadLettered: number; skipped: number; failed: number };

const help = `
Reads events (a JSON object, a JSON array or NDJSON), signs them as Segment does, and posts them in their order, one
request after the other. NDJSON is streamed, so its length does not matter. Answers of 429 and 5xx, and lost
connections, are tried again for five minutes.

Without --url, the events go to the local relay at RELAY_URL. Without --secret and --token, the first of
SEGMENT_SHARED_SECRETS and of INGEST_TOKENS apply; without these, the local relay takes them with its own.

The exit code is 1 if an event was not accepted; one that is not meant for Salesmachine is skipped, which is fine.
After Ctrl-C, or when it gives up, it prints how to go on.

Examples:
  $ relay send events.ndjson
  $ relay send backfill.ndjson --rate 200 --token "$TOKEN" --url https://….amazonaws.com/segment
`;

export function defineSend(relay: Command, context: CommandContext): void {
  relay
    .command('send [FILE]')
    .description('sign and post events: a backfill, or to try the relay')
    .option('--url <url>', 'the webhook URL of the relay')
    .option('--secret <secret>', "Segment's shared secret, to sign with")
    .option('--token <token>', 'a token, sent as Bearer')
    .option('--batch <n>', 'events a request; 100 of any size fit', positiveInteger, 100)
    .option('--rate <n>', 'events a second, at most', positiveNumber)
    .option('--skip <n>', 'leave out so many events at the beginning', nonNegativeInteger, 0)
    .option('--json', 'for programs: the summary as one JSON object')
    .addHelpText('after', help)
    .action((file: string | undefined, options: SendOptions) => send(file ?? '-', options, context));
}

async function send(file: string, options: SendOptions, context: CommandContext): Promise<void> {
  const { clock } = context;
  const { batch, skip, rate = Number.POSITIVE_INFINITY } = options;
  const target = await resolveTarget(options, context.env);
  const signal = context.interruptSignal();
  const bytes = await findInputSize(file);
  const progress = createProgress(context, 'sent');
  const startedAt = clock.now();
  const summary: Summary = { accepted: 0, deadLettered: 0, skipped: 0, failed: 0 };
  let sent = 0;
  let read = 0;
  let givenUp: string | undefined;

  const text = readText(file, context, (chunkBytes) => {
    read += chunkBytes;
  });
  try {
    for await (const events of splitIntoBatches(readEvents(text), { size: batch, skip })) {
      const waitMs = startedAt + (sent / rate) * 1_000 - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) break;
      const result = await postBatch(events, target, context, signal);
      if (result.kind === 'stopped') break;
      if (result.kind === 'given_up') {
        givenUp = result.cause;
        break;
      }
      addToSummary(summary, result, events.length);
      if (result.kind === 'refused') printNote(context, `relay: ${events.length} events: ${result.cause}`);
      sent += events.length;
      progress.show(sent, bytes && read / bytes);
    }
  } catch (error) {
    // The input is at fault; what went out before it is to be known all the same.
    if (error instanceof InputError && sent > 0)
      error.message += `; ${sent} events were sent before it, --skip ${skip + sent} goes on`;
    throw error;
  } finally {
    progress.end();
  }

  if (givenUp !== undefined || summary.failed + summary.deadLettered > 0) context.setFailed();
  const next = skip + sent;
  if (options.json) return printJson(context, { ...summary, next, givenUp: givenUp ?? null });
  await printLine(context, formatSummary(summary, (clock.now() - startedAt) / 1_000));
  if (givenUp !== undefined) await printLine(context, `Given up: ${givenUp}. Go on with --skip ${next}.`);
  else if (signal.aborted) await printLine(context, `Stopped. Go on with --skip ${next}.`);
}

function addToSummary(summary: Summary, result: PostResult, events: number): void {
  if (result.kind !== 'taken') {
    summary.failed += events;
    return;
  }
  summary.accepted += result.accepted;
  summary.deadLettered += result.deadLettered;
  summary.skipped += result.skipped;
}

function formatSummary({ accepted, deadLettered, skipped, failed }: Summary, seconds: number): string {
  const counts = `${accepted} accepted, ${deadLettered} dead-lettered, ${skipped} skipped, ${failed} failed`;
  return `${counts}, in ${formatDuration(seconds)}`;
}

/** Where to send, and with which credential: that of the local relay never leaves it. */
async function resolveTarget({ url, secret, token }: SendOptions, env: Environment): Promise<Target> {
  if (url !== undefined && !URL.canParse(url))
    throw new CommandError('--url must be a URL, https://….amazonaws.com/segment for example');
  const local = relayUrl(env);
  const firstItem = (list: string | undefined) => list?.split(',')[0]?.trim() || undefined;
  const credential = {
    secret: secret ?? firstItem(env['SEGMENT_SHARED_SECRETS']),
    token: token ?? firstItem(env['INGEST_TOKENS']),
  };
  const hasCredential = credential.secret !== undefined || credential.token !== undefined;
  if (hasCredential || url !== undefined) return { url: url ?? `${local}/segment`, ...credential };
  // Where none runs, this says so at once.
  await requestLocalRelay(env, 'GET /local/connection', localConnectionSchema);
  return { url: `${local}/local/send` };
}

/** How many bytes the input has; undefined if it is not a file. */
async function findInputSize(file: string): Promise<number | undefined> {
  const stats = file === '-' ? undefined : await stat(file).catch(() => undefined);
  return stats?.isFile() ? stats.size : undefined;
}
