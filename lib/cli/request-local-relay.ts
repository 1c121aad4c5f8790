import * as v from 'valibot';
import type { Environment } from '../config/config.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { CommandError } from './cli-errors.ts';
import type { CommandContext } from './command-context.ts';

const DEFAULT_URL = 'http://127.0.0.1:3000';

/** Longer than the relay takes for a ping, which is its slowest answer. */
const TIMEOUT_MS = 20_000;

/** Where the local relay is, without a slash at the end. */
export function relayUrl(env: Environment): string {
  const url = env['RELAY_URL'] || DEFAULT_URL;
  if (!URL.canParse(url))
    throw new CommandError('RELAY_URL must be a URL, http://127.0.0.1:3000 for example');
  return url.replace(/\/+$/, '');
}

/**
 * What the running local relay answers under `/local/`.
 *
 * @throws CommandError if none answers there
 */
export async function requestLocalRelay<Schema extends v.GenericSchema>(
  { env, clock }: Pick<CommandContext, 'env' | 'clock'>,
  route: `${'GET' | 'POST'} /local/${string}`,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const url = relayUrl(env);
  const [method = '', path = ''] = route.split(' ');
  let body: unknown;
  try {
    body = await withDeadline(clock, TIMEOUT_MS, async (signal) =>
      (await fetch(`${url}${path}`, { method, signal })).json(),
    );
  } catch {
    throw new CommandError(
      `no relay answers at ${url}: start it with npm start, set RELAY_URL, or name a deployment with --stage`,
    );
  }
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new CommandError(`what answers at ${url} is no local relay of this version: check RELAY_URL`);
}
