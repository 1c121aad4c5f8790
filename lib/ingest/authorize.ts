import { constant, type Refreshable } from '../runtime/refreshable.ts';
import { type Authentication, authenticate } from '../segment/authenticate.ts';
import type { HttpRequest } from '../segment/http-request.ts';
import type { Route } from '../segment/route.ts';
import type { IngestSettings } from './ingest-settings.ts';

type AuthorizeDependencies = {
  config: IngestSettings;
  /** Where the credentials can change: instead of the configuration's. */
  credentials?: Refreshable<IngestSettings['credentials']>;
};

/**
 * Whether a request may pass. Before a sender is turned away for good, the credentials are read anew: they may have
 * been changed a moment ago, and Segment discards what is answered 401.
 *
 * @param json the decompressed body, if it could be decompressed
 * @param receivedAt when the request came, in milliseconds since the epoch
 */
export async function authorize(
  request: HttpRequest,
  json: Buffer | undefined,
  route: Route,
  receivedAt: number,
  { config, credentials = constant(config.credentials) }: AuthorizeDependencies,
): Promise<Authentication> {
  const check = async (secretsAreCurrent: boolean) =>
    authenticate(request, json, route, { ...(await credentials.get()), secretsAreCurrent }, config.policy);

  const first = await check(false);
  if (first.kind === 'ok' || first.cause === 'no_credential') return first;
  return check(await credentials.refreshIfOlderThan(receivedAt));
}
