import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type LocalServer = { url: string; stop(): Promise<void> };

export type Reply = {
  status: number;
  headers?: Record<string, string>;
  cookies?: readonly string[];
  /** What comes in pieces is read only as fast as the client takes it. */
  body: string | Buffer | AsyncIterable<string>;
};

export type Route = (request: IncomingMessage) => Promise<Reply>;

/** How long requests that still run may go on once the server stops. */
const STOP_GRACE_MS = 1_000;

/**
 * How long a connection may be idle. Node's 5 s are so short that a client that computes, or waits for a command, often
 * sends on a connection that has just been closed.
 */
const IDLE_TIMEOUT_MS = 75_000;

/**
 * An HTTP server that only this machine can reach. A request whose answer cannot be made is cut off.
 *
 * @param port 0 for any free port
 * @throws an Error with the code `EADDRINUSE` if the port is taken
 */
export async function listen(handle: Route, port = 0): Promise<LocalServer> {
  const server = createServer({ keepAliveTimeout: IDLE_TIMEOUT_MS }, (request, response) => {
    handle(request)
      .then((reply) => write(response, reply))
      .catch(() => response.destroy());
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(port, '127.0.0.1', listening.resolve);
  await listening.promise;

  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${actualPort}`,
    stop: () => {
      const stopped = Promise.withResolvers<void>();
      const graceTimer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
      server.close(() => {
        clearTimeout(graceTimer);
        stopped.resolve();
      });
      return stopped.promise;
    },
  };
}

async function write(
  response: ServerResponse,
  { status, headers, cookies = [], body }: Reply,
): Promise<void> {
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
  response.writeHead(status, {
    ...headers,
    ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    ...(isWhole && { 'content-length': Buffer.byteLength(body) }),
  });
  if (isWhole) response.end(body);
  else await pipeline(Readable.from(body), response);
}

/** The whole body, or `undefined` if it is longer than `maxBytes`: then it is read to its end, but not kept. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes <= maxBytes ? Buffer.concat(chunks) : undefined;
}

/** The body's JSON; undefined if it is none, or longer than `maxBytes`. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const body = await readBody(request, maxBytes);
  try {
    return body && JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** The headers by lower-case name; one that came several times is one, joined by commas. */
export function readHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(',') ?? '']),
  );
}

/** An answer in JSON, which ends its line as a terminal expects it. */
export const json = (status: number, value: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value)}\n`,
});
