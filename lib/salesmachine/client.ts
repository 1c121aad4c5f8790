import * as http from 'node:http';
import * as https from 'node:https';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { constant, type Refreshable } from '../runtime/refreshable.ts';
import { describeFailure } from './failure-text.ts';

/** The calls of Salesmachine's API that the relay makes. */
export type SalesmachinePath = '/v1/batch' | '/v1/alias' | '/v1/ping';

/** What came of one request. */
export type ApiResult =
  | { kind: 'response'; status: number; headers: Record<string, string | undefined>; body: string }
  /** No whole response. `code` is for programs, `text` for people. */
  | { kind: 'failure'; mayHaveBeenSent: boolean; code: string; text?: string };

export type Salesmachine = {
  /** One request. Never throws for what the network or the server does: that is a result, too. */
  post(path: SalesmachinePath, json: string, signal?: AbortSignal): Promise<ApiResult>;
  /** Has the credential read again, if it can change and was not read since `moment` (milliseconds since the epoch). */
  refreshCredentialIfOlderThan(moment: number): Promise<unknown>;
};

export type Credential = { token: string; secret: string };

export type SalesmachineSettings = Credential & {
  url: string;
  connectTimeoutMs?: number;
  /** For the whole request, from connecting to the last byte of the response. */
  timeoutMs?: number;
};

/** The longest that a request takes, from connecting to the last byte of the response. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** Responses are a line or two; of anything longer the beginning is enough. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** `isStale`: a kept-alive connection ended before any byte of the response, so the server had closed it. */
type Attempt = ApiResult & { isStale?: boolean };

/**
 * Salesmachine's API over HTTP with kept-alive connections. Redirects are not followed: they would carry the
 * credential elsewhere. A request that meets a connection which the server has just closed is sent again at once.
 */
export function createSalesmachine(
  settings: SalesmachineSettings,
  refreshableCredential: Refreshable<Credential> = constant(settings),
  clock: Clock = systemClock,
): Salesmachine {
  const { connectTimeoutMs = 3_000, timeoutMs = REQUEST_TIMEOUT_MS } = settings;
  const base = settings.url.replace(/\/+$/, '');
  const protocol = base.startsWith('https:') ? https : http;
  const agent = new protocol.Agent({ keepAlive: true });
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const failure = (code: string, mayHaveBeenSent: boolean): ApiResult => ({
    kind: 'failure',
    mayHaveBeenSent,
    code,
    text: describeFailure(code, { connectTimeoutMs, timeoutMs }),
  });

  function send(path: SalesmachinePath, body: Buffer, authorization: string, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<Attempt>();
    const request = protocol.request(`${base}${path}`, {
      method: 'POST',
      agent,
      headers: { ...headers, authorization, 'content-length': body.length },
      signal,
    });
    let connected = false;
    let bytesReadBefore = 0;
    const resolveFailure = (error: NodeJS.ErrnoException) => {
      const isStale =
        request.reusedSocket && !signal.aborted && request.socket?.bytesRead === bytesReadBefore;
      const code = isTimeout(signal) ? 'ETIMEDOUT' : (error.code ?? error.name);
      resolve({ ...failure(code, connected), isStale });
    };

    request.on('error', resolveFailure);
    // The relay asks for no other protocol; without a listener the request would never end.
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve(failure('EUPGRADE', true));
    });
    request.on('socket', (socket) => {
      bytesReadBefore = socket.bytesRead;
      if (!socket.connecting) {
        connected = true;
        return;
      }
      const connecting = new AbortController();
      const onTimeout = () =>
        request.destroy(Object.assign(new Error('connecting took too long'), { code: 'ECONNTIMEOUT' }));
      clock.sleep(connectTimeoutMs, connecting.signal).then(onTimeout, () => undefined);
      socket.once(protocol === https ? 'secureConnect' : 'connect', () => {
        connected = true;
        connecting.abort(null);
      });
      socket.once('close', () => connecting.abort(null));
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const resolveResponse = () =>
        resolve({
          kind: 'response',
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          ),
          body: Buffer.concat(chunks).toString('utf8', 0, MAX_RESPONSE_BYTES),
        });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_RESPONSE_BYTES) {
          resolveResponse();
          response.destroy();
        }
      });
      response.on('end', resolveResponse);
      response.on('error', resolveFailure);
    });
    request.end(body);
    return promise;
  }

  return {
    async post(path, json, signal) {
      const credential = await refreshableCredential.get().catch(() => undefined);
      if (!credential) return failure('ENOCREDENTIAL', false);
      const body = Buffer.from(json);
      return withDeadline(clock, timeoutMs, async (timeout) => {
        const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
        for (;;) {
          // Each attempt that meets a stale connection uses it up, so the last one has a new connection.
          const { isStale, ...result } = await send(path, body, basicAuth(credential), either);
          if (!isStale) return result;
        }
      });
    },
    refreshCredentialIfOlderThan: (moment) => refreshableCredential.refreshIfOlderThan(moment),
  };
}

const isTimeout = ({ reason }: AbortSignal): boolean =>
  reason instanceof DOMException && reason.name === 'TimeoutError';

const basicAuth = ({ token, secret }: Credential) =>
  `Basic ${Buffer.from(`${token}:${secret}`).toString('base64')}`;
