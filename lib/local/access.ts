import type { IncomingMessage } from 'node:http';
import { json, type Reply } from './http-server.ts';

/** The names by which this machine is reached from itself. */
const LOCAL_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/** The paths that a tunnel may lead to: those that Segment sends to, and a check whether the relay is there. */
const TUNNEL_PATH = /^\/+(?:segment|v1|health)(?:[/?]|$)/;

/** A Host header's name, without the port. */
const hostName = (host: string) => host.toLowerCase().replace(/:\d*$/, '');

/**
 * Refuses what a foreign web page could have a browser send: a Host that is not this machine's is a DNS rebinding, and
 * a foreign Origin is another site's script or form.
 *
 * @param tunnelHosts further names for `/segment` and `/v1`, of a tunnel that leads here
 * @returns the refusal; nothing if the request may pass
 */
export function checkAccess(
  request: IncomingMessage,
  tunnelHosts: readonly string[] = [],
): Reply | undefined {
  const { host = '', origin } = request.headers;
  const isTunnelPath = TUNNEL_PATH.test(request.url ?? '');
  const hosts = isTunnelPath ? [...LOCAL_HOSTS, ...tunnelHosts] : LOCAL_HOSTS;
  if (!hosts.includes(hostName(host))) {
    return json(403, {
      message: isTunnelPath
        ? 'This Host is not allowed. To reach the relay through a tunnel, set LOCAL_HOSTS to its host name.'
        : 'This Host is not allowed: only 127.0.0.1, localhost and [::1] are.',
    });
  }
  if (isTunnelPath || origin === undefined || origin === `http://${host}`) return undefined;
  return json(403, { message: "Requests of other sites' pages are not allowed here." });
}
