import { isDeepStrictEqual } from 'node:util';
import { constant, type Refreshable } from '../runtime/refreshable.ts';
import {
  type Authentication,
  checkCredentials,
  evaluate,
  type PresentedCredentials,
} from '../segment/authenticate.ts';
import type { HttpRequest } from '../segment/http-request.ts';
import type { IngestSettings } from './ingest-settings.ts';

type AuthorizeDependencies = {
  config: IngestSettings;
  /** Where the credentials can change: instead of the configuration's. */
  credentials?: Refreshable<IngestSettings['credentials']>;
};

/**
 * Whether a request may pass. Before a sender is turned away for good, the credentials are read again: they may have
 * been changed a moment ago, and Segment discards what is answered 401.
 *
 * @param json the decompressed body, if it could be decompressed
 * @param receivedAt when the request came, in milliseconds since the epoch
 */
export async function authorize(
  presented: PresentedCredentials,
  request: HttpRequest,
  json: Buffer | undefined,
  receivedAt: number,
  { config, credentials = constant(config.credentials) }: AuthorizeDependencies,
): Promise<Authentication> {
  const known = await credentials.get();
  let check = checkCredentials(presented, request, json, known);
  const answer = evaluate(check, config.policy, false);
  if (answer.kind === 'ok' || answer.cause === 'no_credential') return answer;

  const areCurrent = await credentials.refreshIfOlderThan(receivedAt);
  const current = await credentials.get();
  if (!isDeepStrictEqual(current, known)) check = checkCredentials(presented, request, json, current);
  return evaluate(check, config.policy, areCurrent);
}
