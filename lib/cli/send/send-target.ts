import type { Command } from 'commander';
import { localConnectionSchema } from '../../local/api-schema.ts';
import type { Target } from '../../segment/post-batch.ts';
import { CommandError } from '../cli-errors.ts';
import type { CommandContext } from '../command-context.ts';
import { relayUrl, requestLocalRelay } from '../request-local-relay.ts';

export type SendTargetOptions = { url?: string; secret?: string; token?: string };

/** For a command that posts events. */
export const withSendTargetOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'the webhook URL of the relay')
    .option('--secret <secret>', "Segment's shared secret, to sign with")
    .option('--token <token>', 'a token, sent as Bearer');

/**
 * Where to send, and with which credential. The local relay takes events without one, and adds its own.
 *
 * @throws CommandError for a URL that is none, or if no local relay runs and no URL is given
 */
export async function resolveSendTarget(
  { url, secret, token }: SendTargetOptions,
  context: Pick<CommandContext, 'env' | 'clock'>,
): Promise<Target> {
  if (url !== undefined && !URL.canParse(url))
    throw new CommandError('--url must be a URL, https://….amazonaws.com/segment for example');
  const { env } = context;
  const local = relayUrl(env);
  const credential = {
    secret: secret ?? firstItem(env['SEGMENT_SHARED_SECRETS']),
    token: token ?? firstItem(env['INGEST_TOKENS']),
  };
  const hasCredential = credential.secret !== undefined || credential.token !== undefined;
  if (hasCredential || url !== undefined) return { url: url ?? `${local}/segment`, ...credential };
  // Where none runs, this says so at once.
  await requestLocalRelay(context, 'GET /local/connection', localConnectionSchema);
  return { url: `${local}/local/send` };
}

const firstItem = (list: string | undefined) => list?.split(',')[0]?.trim() || undefined;
