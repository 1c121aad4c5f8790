import * as v from 'valibot';
import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { isObject } from '../runtime/json.ts';
import type { Random } from '../runtime/random.ts';
import { sign } from './signature.ts';
import type { Batch } from './split-into-batches.ts';

export type Target = { url: string; secret?: string | undefined; token?: string | undefined };

/** What came of a batch. */
export type PostResult =
  | { kind: 'taken'; accepted: number; deadLettered: number; skipped: number }
  /** This batch will never be taken; the next one may be. */
  | { kind: 'refused'; cause: string }
  /** No batch would be taken now. */
  | { kind: 'given_up'; cause: string }
  /** The signal came between two tries. */
  | { kind: 'stopped' };

/** About as long as Segment waits for an answer. Source: Segment's documentation. */
const TIMEOUT_MS = 10_000;

const INITIAL_RETRY_DELAY_MS = 500;
const MAX_RETRY_DELAY_MS = 30_000;
const RETRY_FOR_MS = 300_000;

const countsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ accepted: v.number(), deadLettered: v.number(), skipped: v.number() }),
);

const errorSchema = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

type RelayResponse = { status: number; retryAfterMs: number; body: string };

/**
 * Posts a batch as Segment does: signed (an array by its first element), and tried again, for five minutes, when the
 * answer is 408, 423, 429 or 5xx but 501, or when there is none. A single event is posted as an object.
 */
export async function postBatch(
  batch: Batch,
  { url, secret, token }: Target,
  { clock, random }: { clock: Clock; random: Random },
  signal: AbortSignal,
): Promise<PostResult> {
  const [first = ''] = batch;
  const body = batch.length === 1 ? first : `[${batch.join()}]`;
  const headers = {
    'content-type': 'application/json',
    ...(secret !== undefined && { 'x-signature': sign(first, secret) }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };

  /** The answer, or why there is none. */
  const request = async (): Promise<RelayResponse | string> => {
    try {
      return await withDeadline(clock, TIMEOUT_MS, async (timeout) => {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: timeout,
        });
        const retryAfterMs = (Number(response.headers.get('retry-after')) || 0) * 1_000;
        return { status: response.status, retryAfterMs, body: await response.text() };
      });
    } catch (error) {
      return describeNetworkError(error);
    }
  };

  const giveUpAt = clock.now() + RETRY_FOR_MS;
  for (let attempt = 0; ; attempt++) {
    const relayResponse = await request();
    const isFinal = typeof relayResponse !== 'string' && !isRetryable(relayResponse.status);
    if (isFinal) return toPostResult(relayResponse);
    if (clock.now() >= giveUpAt) return { kind: 'given_up', cause: describeFailure(relayResponse) };
    const backoffMs = random() * Math.min(MAX_RETRY_DELAY_MS, INITIAL_RETRY_DELAY_MS * 2 ** attempt);
    const requestedMs = typeof relayResponse === 'string' ? 0 : relayResponse.retryAfterMs;
    await clock
      .sleep(Math.max(backoffMs, Math.min(requestedMs, RETRY_FOR_MS)), signal)
      .catch(() => undefined);
    if (signal.aborted) return { kind: 'stopped' };
  }
}

/** What Segment tries again. Source: Segment's documentation. */
const isRetryable = (status: number) => [408, 423, 429].includes(status) || (status >= 500 && status !== 501);

/** Statuses that every batch would get, and what to do about them. */
const permanentStatuses: Readonly<Record<number, string>> = {
  401: 'check --secret and --token',
  403: 'check --secret and --token',
  404: 'check --url',
  405: 'check --url',
};

function toPostResult(response: RelayResponse): PostResult {
  const hint = permanentStatuses[response.status];
  if (hint !== undefined) return { kind: 'given_up', cause: `${describeFailure(response)}: ${hint}` };
  if (response.status < 200 || response.status > 299)
    return { kind: 'refused', cause: describeFailure(response) };
  const counts = v.safeParse(countsSchema, response.body);
  if (counts.success) return { kind: 'taken', ...counts.output };
  return { kind: 'given_up', cause: 'what answers there is no relay: check --url' };
}

function describeFailure(response: RelayResponse | string): string {
  if (typeof response === 'string') return response;
  const errorBody = v.safeParse(errorSchema, response.body);
  return `the relay answered ${response.status}${errorBody.success ? ` (${errorBody.output.message})` : ''}`;
}

/** `fetch` puts the network's own error into the cause of its own. */
function describeNetworkError(error: unknown): string {
  const { name, cause }: Record<string, unknown> = isObject(error) ? error : {};
  return `no answer (${(isObject(cause) ? cause['code'] : undefined) ?? name})`;
}
