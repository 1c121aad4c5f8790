import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Environment } from '../../config/config.ts';
import { localConnection } from '../../local/api-schema.ts';
import { CommandError } from '../cli-errors.ts';
import { printJson, printLine, type Terminal } from '../command-context.ts';
import { numberOrNone, positiveNumber, wholeNumber } from '../options.ts';
import { type Posted, post, type Target } from '../post-batch.ts';
import { createProgress, durationText } from '../progress.ts';
import { readEvents, readText } from '../read-events.ts';
import { askRelay, relayUrl } from '../request-local-relay.ts';
import { batchesOf } from '../send-batches.ts';

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
SEGMENT_SHARED_SECRETS and of INGEST_TOKENS apply; without these, what the local relay made up at its start.

The exit code is 1 if an event was not accepted; one that is not meant for Salesmachine is skipped, which is fine.
After Ctrl-C, or when it gives up, it prints how to go on.

Examples:
  $ relay send events.ndjson
  $ relay send backfill.ndjson --rate 200 --token "$TOKEN" --url https://….amazonaws.com/segment
`;

export function defineSend(relay: Command, terminal: Terminal): void {
  relay
    .command('send [FILE]')
    .description('sign and post events: a backfill, or to try the relay')
    .option('--url <url>', 'the webhook URL of the relay')
    .option('--secret <secret>', "Segment's shared secret, to sign with")
    .option('--token <token>', 'a token, sent as Bearer')
    .option('--batch <n>', 'events a request; 100 of any size fit', wholeNumber, 100)
    .option('--rate <n>', 'events a second, at most', positiveNumber)
    .option('--skip <n>', 'leave out so many events at the beginning', numberOrNone, 0)
    .option('--json', 'for programs: the summary as one JSON object')
    .addHelpText('after', help)
    .action((file: string | undefined, options: SendOptions) => send(file ?? '-', options, terminal));
}

async function send(file: string, options: SendOptions, terminal: Terminal): Promise<void> {
  const { clock, stdin } = terminal;
  const { batch, skip, rate = Number.POSITIVE_INFINITY } = options;
  const target = await targetOf(options, terminal.env);
  const signal = terminal.interruption();
  const bytes = await bytesOf(file);
  const progress = createProgress(terminal, 'sent');
  const startedAt = clock.now();
  const summary: Summary = { accepted: 0, deadLettered: 0, skipped: 0, failed: 0 };
  let sent = 0;
  let read = 0;
  let givenUp: string | undefined;

  const text = readText(file, stdin, (chunkBytes) => {
    read += chunkBytes;
  });
  try {
    for await (const events of batchesOf(readEvents(text), { size: batch, skip })) {
      const waitMs = startedAt + (sent / rate) * 1_000 - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) break;
      const posted = await post(events, target, terminal, signal);
      if (posted.kind === 'stopped') break;
      if (posted.kind === 'given_up') {
        givenUp = posted.cause;
        break;
      }
      count(summary, posted, events.length);
      if (posted.kind === 'refused')
        terminal.stderr.write(`relay: ${events.length} events: ${posted.cause}\n`);
      sent += events.length;
      progress.show(sent, bytes && read / bytes);
    }
  } catch (error) {
    // The input is at fault; what went out before it is to be known all the same.
    if (error instanceof CommandError && sent > 0)
      error.message += `; ${sent} events were sent before it, --skip ${skip + sent} goes on`;
    throw error;
  } finally {
    progress.end();
  }

  if (givenUp !== undefined || summary.failed + summary.deadLettered > 0) terminal.fail();
  const next = skip + sent;
  if (options.json) return printJson(terminal, { ...summary, next, givenUp: givenUp ?? null });
  await printLine(terminal, textOf(summary, (clock.now() - startedAt) / 1_000));
  if (givenUp !== undefined) await printLine(terminal, `Given up: ${givenUp}. Go on with --skip ${next}.`);
  else if (signal.aborted) await printLine(terminal, `Stopped. Go on with --skip ${next}.`);
}

function count(summary: Summary, posted: Posted, events: number): void {
  if (posted.kind !== 'taken') {
    summary.failed += events;
    return;
  }
  summary.accepted += posted.accepted;
  summary.deadLettered += posted.deadLettered;
  summary.skipped += posted.skipped;
}

function textOf({ accepted, deadLettered, skipped, failed }: Summary, seconds: number): string {
  const counts = `${accepted} accepted, ${deadLettered} dead-lettered, ${skipped} skipped, ${failed} failed`;
  return `${counts}, in ${durationText(seconds)}`;
}

/** Where to send, and with which credential. */
async function targetOf({ url, secret, token }: SendOptions, env: Environment): Promise<Target> {
  const local = relayUrl(env);
  const target = url ?? `${local}/segment`;
  if (!URL.canParse(target))
    throw new CommandError('--url must be a URL, https://….amazonaws.com/segment for example');
  const first = (list: string | undefined) => list?.split(',')[0]?.trim() || undefined;
  const credential = {
    secret: secret ?? first(env['SEGMENT_SHARED_SECRETS']),
    token: token ?? first(env['INGEST_TOKENS']),
  };
  const isKnown = credential.secret !== undefined || credential.token !== undefined;
  if (isKnown || url !== undefined) return { url: target, ...credential };
  const { madeUp } = await askRelay(env, 'GET /local/connection', localConnection);
  return { url: target, secret: madeUp.sharedSecret, token: madeUp.token };
}

/** How long the input is; nothing if nobody knows. */
async function bytesOf(file: string): Promise<number | undefined> {
  const stats = file === '-' ? undefined : await stat(file).catch(() => undefined);
  return stats?.isFile() ? stats.size : undefined;
}
