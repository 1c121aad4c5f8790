import * as http from 'node:http';
import * as https from 'node:https';
import { constant, type Refreshable } from '../runtime/refreshable.ts';

/** The calls of Salesmachine's API that the relay makes. */
export type SalesmachinePath = '/v1/batch' | '/v1/alias' | '/v1/ping';

/** What came of one request. */
export type ApiResult =
  | { kind: 'response'; status: number; headers: Record<string, string | undefined>; body: string }
  /** No whole response. `sent`: the request may have reached Salesmachine, so it may have been applied. */
  | { kind: 'failure'; mayHaveBeenSent: boolean; code: string };

export type Salesmachine = {
  /** One request. Never throws for what the network or the server does: that is an answer, too. */
  post(path: SalesmachinePath, json: string, signal?: AbortSignal): Promise<ApiResult>;
  /** Has the credential read anew, if it can change and was not since the moment (milliseconds since the epoch). */
  refreshCredentialIfOlderThan(moment: number): Promise<unknown>;
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
const MAX_RESPONSE_BYTES = 64 * 1024;

/**
 * Salesmachine's API over HTTP with kept-alive connections. Redirects are not followed: they would carry the
 * credential elsewhere.
 */
export function createSalesmachine(
  settings: SalesmachineSettings,
  refreshableCredential: Refreshable<Credential> = constant(settings),
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
    const { promise, resolve } = Promise.withResolvers<ApiResult>();
    const body = Buffer.from(json);
    const timeout = AbortSignal.timeout(timeoutMs);
    const request = protocol.request(`${base}${path}`, {
      method: 'POST',
      agent,
      headers: { ...headers, authorization, 'content-length': body.length },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    let connected = false;
    const resolveFailure = (error: NodeJS.ErrnoException) =>
      resolve({ kind: 'failure', mayHaveBeenSent: connected, code: error.code ?? error.name });

    request.on('error', resolveFailure);
    // Nobody asked for another protocol, and without a listener nothing would be heard of the request again.
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve({ kind: 'failure', mayHaveBeenSent: true, code: 'EUPGRADE' });
    });
    request.on('socket', (socket) => {
      if (!socket.connecting) {
        connected = true;
        return;
      }
      const connectTimer = setTimeout(
        () => request.destroy(Object.assign(new Error('connecting took too long'), { code: 'ECONNTIMEOUT' })),
        connectTimeoutMs,
      );
      socket.once(protocol === https ? 'secureConnect' : 'connect', () => {
        connected = true;
        clearTimeout(connectTimer);
      });
      socket.once('close', () => clearTimeout(connectTimer));
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
          body: Buffer.concat(chunks).toString('utf8', 0, MAX_RESPONSE_BYTES),
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_RESPONSE_BYTES) {
          done();
          response.destroy();
        }
      });
      response.on('end', done);
      response.on('error', resolveFailure);
    });
    request.end(body);
    return promise;
  }

  return {
    async post(path, json, signal) {
      const credential = await refreshableCredential.get().catch(() => undefined);
      if (!credential) return { kind: 'failure', mayHaveBeenSent: false, code: 'ENOCREDENTIAL' };
      return send(path, json, basicAuth(credential), signal);
    },
    refreshCredentialIfOlderThan: (moment) => refreshableCredential.refreshIfOlderThan(moment),
  };
}

const basicAuth = ({ token, secret }: Credential) =>
  `Basic ${Buffer.from(`${token}:${secret}`).toString('base64')}`;
