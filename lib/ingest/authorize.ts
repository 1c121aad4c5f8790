import type { IngestConfig } from '../config/config.ts';
import { fixed, type Source } from '../config/secrets.ts';
import { type Authentication, authenticate } from '../segment/authenticate.ts';
import type { Route } from '../segment/route.ts';
import type { HttpRequest } from '../segment/split-request.ts';

type Ports = {
  config: IngestConfig;
  /** Where the credentials can change: instead of the configuration's. */
  credentials?: Source<IngestConfig['credentials']>;
};

/**
 * Whether a request may pass. Before a sender is turned away for good, the credentials are read anew: they may have
 * been changed a moment ago, and Segment discards what is answered 401.
 *
 * @param json the decompressed body, if it could be decompressed
 * @param cameAt when the request came, in milliseconds since the epoch
 */
export async function admit(
  request: HttpRequest,
  json: Buffer | undefined,
  route: Route,
  cameAt: number,
  { config, credentials = fixed(config.credentials) }: Ports,
): Promise<Authentication> {
  const ask = async (fresh: boolean) =>
    authenticate(request, json, route, { ...(await credentials.get()), fresh }, config.policy);

  const first = await ask(false);
  if (first.kind === 'ok' || first.cause === 'no_credential') return first;
  return ask(await credentials.renewedSince(cameAt));
}
