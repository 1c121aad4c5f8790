import type { SalesmachineSettings } from '../../salesmachine/client.ts';
import type { CommandContext } from '../command-context.ts';

/** How an undocumented call was answered; status 0 if there was no answer. */
export type ProbeAnswer = { status: number; headers: Headers; body: string };

export type ProbeClient = {
  /** One request. @throws ProbeStoppedError once no further request may go out */
  post(path: string, body: unknown): Promise<ProbeAnswer>;
  requests(): number;
};

/** Why the probe ends early. */
export class ProbeStoppedError extends Error {
  override name = 'ProbeStoppedError' as const;
}

export const MAX_REQUESTS = 30;

/** Slower than the quota of 900 requests in 300 s, which others use at the same time. */
const INTERVAL_MS = 500;
const TIMEOUT_MS = 30_000;

/** Salesmachine's API for a few requests: slow, few, and none after a 429. */
export function createProbeClient(
  { url, token, secret }: SalesmachineSettings,
  { clock }: Pick<CommandContext, 'clock'>,
  signal: AbortSignal,
): ProbeClient {
  const base = url.replace(/\/+$/, '');
  const authorization = `Basic ${Buffer.from(`${token}:${secret}`).toString('base64')}`;
  const headers = { accept: 'application/json', 'content-type': 'application/json', authorization };
  let requests = 0;

  return {
    requests: () => requests,
    async post(path, body) {
      if (requests >= MAX_REQUESTS) throw new ProbeStoppedError(`${MAX_REQUESTS} requests were sent`);
      if (requests > 0) await clock.sleep(INTERVAL_MS, signal).catch(() => undefined);
      if (signal.aborted) throw new ProbeStoppedError('it was interrupted');
      requests += 1;
      const answer = await post(`${base}${path}`, headers, body);
      if (answer.status === 429)
        throw new ProbeStoppedError('Salesmachine answered 429: the quota is used up');
      return answer;
    },
  };
}

async function post(url: string, headers: Record<string, string>, body: unknown): Promise<ProbeAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch {
    return { status: 0, headers: new Headers(), body: '' };
  }
}
