import { sign } from '../segment/signature.ts';
import { json, type Reply, type Route, readBody } from './http-server.ts';
import type { LocalConfig } from './local-config.ts';
import type { LogRing } from './log-ring.ts';

/** As much as Lambda takes. Source: Lambda's quotas. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

type CommandRouteDependencies = {
  credentials: LocalConfig['ingest']['credentials'];
  logRing: Pick<LogRing, 'linesFrom'>;
  /** Where the relay listens. */
  url(): string;
};

/** What the commands `relay logs` and `relay send` ask the local relay for. */
export const createCommandRoutes = ({
  credentials,
  logRing,
  url,
}: CommandRouteDependencies): Record<string, Route> => ({
  'GET /local/logs': async (request) => {
    const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    return json(200, logRing.linesFrom(Number(searchParams.get('from')) || 0));
  },

  // As `/segment`, with the relay's own credentials: a configured one need not leave it.
  'POST /local/send': async (request) => {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) return json(413, { message: 'The body is over 6 MB.' });
    return forward(`${url()}/segment`, body, credentials);
  },
});

async function forward(
  url: string,
  body: Buffer,
  { sharedSecrets, tokens }: CommandRouteDependencies['credentials'],
): Promise<Reply> {
  const [secret] = sharedSecrets;
  const [token] = tokens;
  const headers = {
    'content-type': 'application/json',
    ...(secret !== undefined && { 'x-signature': sign(body, secret) }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(url, { method: 'POST', headers, body });
  return { ...json(response.status, {}), body: Buffer.from(await response.arrayBuffer()) };
}
