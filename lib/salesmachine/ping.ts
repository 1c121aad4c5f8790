import type { Salesmachine } from './client.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { remainingOf, throttledForMs } from './rate-limit.ts';

/** What a ping tells of the credential and of the quota; null is what Salesmachine did not say. */
export type CredentialCheck = {
  outcome: Outcome;
  status: number | null;
  /** Why there was no whole answer: the network's error code. */
  failure: string | null;
  limit: number | null;
  remaining: number | null;
  resetsInSeconds: number | null;
};

/** `POST /v1/ping`, which costs one request of the quota. `now` in milliseconds since the epoch. */
export async function checkCredential(
  salesmachine: Pick<Salesmachine, 'post'>,
  now: () => number,
): Promise<CredentialCheck> {
  const answer = await salesmachine.post('/v1/ping', '{}');
  const outcome = outcomeOf('/v1/ping', answer);
  if (answer.kind === 'failure') {
    return {
      outcome,
      status: null,
      failure: answer.code,
      limit: null,
      remaining: null,
      resetsInSeconds: null,
    };
  }
  const { status, headers } = answer;
  const limit = Number(headers['x-ratelimit-limit'] || Number.NaN);
  return {
    outcome,
    status,
    failure: null,
    limit: Number.isFinite(limit) ? limit : null,
    remaining: remainingOf(headers) ?? null,
    resetsInSeconds: headers['x-ratelimit-reset'] ? Math.ceil(throttledForMs(headers, now()) / 1_000) : null,
  };
}
