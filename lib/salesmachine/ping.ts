import type { ApiResult, Salesmachine } from './client.ts';
import { toErrorDetail } from './error-detail.ts';
import { type Outcome, toOutcome } from './outcome.ts';
import { parseRetryAfterMs, readRemaining } from './rate-limit.ts';

/** What a ping tells of the credential and of the quota; null is what Salesmachine did not say. */
export type PingResult = {
  outcome: Outcome;
  status: number | null;
  /** Why there was no whole answer. */
  failure: string | null;
  /** What a refusal says, scrubbed. */
  text: string | null;
  limit: number | null;
  remaining: number | null;
  resetsInSeconds: number | null;
};

const ABOUT_THE_DATA: readonly Outcome[] = ['ambiguous', 'rejected', 'too_large'];

/** What the answer to a ping means: it carries no data, so a refusal is about the credential. */
export function toPingOutcome(result: ApiResult): Outcome {
  const outcome = toOutcome('/v1/ping', result);
  return ABOUT_THE_DATA.includes(outcome) ? 'credential' : outcome;
}

/** `POST /v1/ping`, which costs one request of the quota. `now` in milliseconds since the epoch. */
export async function pingSalesmachine(
  salesmachine: Pick<Salesmachine, 'post'>,
  now: () => number,
): Promise<PingResult> {
  const result = await salesmachine.post('/v1/ping', '{}');
  const outcome = toPingOutcome(result);
  if (result.kind === 'failure') {
    return {
      outcome,
      status: null,
      failure: result.text ?? result.code,
      text: null,
      limit: null,
      remaining: null,
      resetsInSeconds: null,
    };
  }
  const { status, headers } = result;
  const resetsInMs = parseRetryAfterMs(headers, now());
  const limit = Number(headers['x-ratelimit-limit'] || Number.NaN);
  return {
    outcome,
    status,
    failure: null,
    text: outcome === 'delivered' ? null : toErrorDetail(status, result.body),
    limit: Number.isFinite(limit) ? limit : null,
    remaining: readRemaining(headers) ?? null,
    resetsInSeconds: resetsInMs === undefined ? null : Math.ceil(resetsInMs / 1_000),
  };
}
