import * as http from 'node:http';
import * as https from 'node:https';
import { fixed, type Source } from '../config/secrets.ts';

/** The calls of Salesmachine's API that the relay makes. */
export type SalesmachinePath = '/v1/batch' | '/v1/alias' | '/v1/ping';

/** What came of one request. */
export type Answer =
  | { kind: 'response'; status: number; headers: Record<string, string | undefined>; body: string }
  /** No whole response. `sent`: the request may have reached Salesmachine, so it may have been applied. */
  | { kind: 'failure'; sent: boolean; code: string };

export type Salesmachine = {
  /** One request. Never throws for what the network or the server does: that is an answer, too. */
  post(path: SalesmachinePath, json: string, signal?: AbortSignal): Promise<Answer>;
  /** Has the credential read anew, if it can change and was not since the moment (milliseconds since the epoch). */
  renewCredential(moment: number): Promise<unknown>;
};

export type Credential = { token: string; secret: string };

export type SalesmachineSettings = Credential & {
  url: string;
  connectTimeoutMs?: number;
  /** For the whole request, from connecting to the last byte of the answer. */
  timeoutMs?: number;
};

/** The longest that a request takes, from connecting to the last byte of the answer. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** Answers are a line or two; of anything longer the beginning tells as much. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Salesmachine's API over HTTP with kept-alive connections. Redirects are not followed: they would carry the
 * credential elsewhere.
 */
export function createSalesmachine(
  settings: SalesmachineSettings,
  credential: Source<Credential> = fixed(settings),
): Salesmachine {
  const { connectTimeoutMs = 3_000, timeoutMs = REQUEST_TIMEOUT_MS } = settings;
  const base = settings.url.replace(/\/+$/, '');
  const protocol = base.startsWith('https:') ? https : http;
  const agent = new protocol.Agent({ keepAlive: true });
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
  };

  function send(path: SalesmachinePath, json: string, authorization: string, signal?: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const body = Buffer.from(json);
    const timeout = AbortSignal.timeout(timeoutMs);
    const request = protocol.request(`${base}${path}`, {
      method: 'POST',
      agent,
      headers: { ...headers, authorization, 'content-length': body.length },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    let connected = false;
    const fail = (error: NodeJS.ErrnoException) =>
      resolve({ kind: 'failure', sent: connected, code: error.code ?? error.name });

    request.on('error', fail);
    // Nobody asked for another protocol, and without a listener nothing would be heard of the request again.
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve({ kind: 'failure', sent: true, code: 'EUPGRADE' });
    });
    request.on('socket', (socket) => {
      if (!socket.connecting) {
        connected = true;
        return;
      }
      const giveUp = setTimeout(
        () => request.destroy(Object.assign(new Error('connecting took too long'), { code: 'ECONNTIMEOUT' })),
        connectTimeoutMs,
      );
      socket.once(protocol === https ? 'secureConnect' : 'connect', () => {
        connected = true;
        clearTimeout(giveUp);
      });
      socket.once('close', () => clearTimeout(giveUp));
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const done = () =>
        resolve({
          kind: 'response',
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, value?.toString()]),
          ),
          body: Buffer.concat(chunks).toString('utf8', 0, MAX_BODY_BYTES),
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BODY_BYTES) {
          done();
          response.destroy();
        }
      });
      response.on('end', done);
      response.on('error', fail);
    });
    request.end(body);
    return promise;
  }

  return {
    async post(path, json, signal) {
      const known = await credential.get().catch(() => undefined);
      if (!known) return { kind: 'failure', sent: false, code: 'ENOCREDENTIAL' };
      return send(path, json, basic(known), signal);
    },
    renewCredential: (moment) => credential.renewedSince(moment),
  };
}

const basic = ({ token, secret }: Credential) =>
  `Basic ${Buffer.from(`${token}:${secret}`).toString('base64')}`;
