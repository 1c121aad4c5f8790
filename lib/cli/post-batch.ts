import * as v from 'valibot';
import { type Clock, type Random, within } from '../runtime/clock.ts';
import { signatureOf } from '../segment/signature.ts';
import type { Batch } from './send-batches.ts';

export type Target = { url: string; secret?: string | undefined; token?: string | undefined };

/** What came of a batch. */
export type Posted =
  | { kind: 'taken'; accepted: number; deadLettered: number; skipped: number }
  /** This batch will never be taken; the next one may be. */
  | { kind: 'refused'; cause: string }
  /** No batch would be taken now. */
  | { kind: 'given_up'; cause: string }
  /** The signal came between two tries. */
  | { kind: 'stopped' };

/** About as long as Segment waits for an answer. Source: Segment's documentation. */
const TIMEOUT_MS = 10_000;

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const RETRY_FOR_MS = 300_000;

const answerSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ accepted: v.number(), deadLettered: v.number(), skipped: v.number() }),
);

const messageSchema = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

type Answer = { status: number; retryAfterMs: number; body: string };

/**
 * Posts a batch as Segment does: signed (an array by its first element), and tried again, for five minutes, when the
 * answer is 408, 423, 429 or 5xx but 501, or when there is none. A single event is posted as an object.
 */
export async function post(
  batch: Batch,
  { url, secret, token }: Target,
  { clock, random }: { clock: Clock; random: Random },
  signal: AbortSignal,
): Promise<Posted> {
  const [first = ''] = batch;
  const body = batch.length === 1 ? first : `[${batch.join()}]`;
  const headers = {
    'content-type': 'application/json',
    ...(secret !== undefined && { 'x-signature': signatureOf(first, secret) }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };

  /** The answer, or why there is none. */
  const request = async (): Promise<Answer | string> => {
    try {
      return await within(clock, TIMEOUT_MS, async (timeout) => {
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
      return networkCause(error);
    }
  };

  const giveUpAt = clock.now() + RETRY_FOR_MS;
  for (let tries = 0; ; tries++) {
    const answer = await request();
    const isFinal = typeof answer !== 'string' && !isRetried(answer.status);
    if (isFinal) return postedOf(answer);
    if (clock.now() >= giveUpAt) return { kind: 'given_up', cause: causeOf(answer) };
    const backoffMs = random() * Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** tries);
    const askedMs = typeof answer === 'string' ? 0 : answer.retryAfterMs;
    await clock.sleep(Math.max(backoffMs, Math.min(askedMs, RETRY_FOR_MS)), signal).catch(() => undefined);
    if (signal.aborted) return { kind: 'stopped' };
  }
}

/** What Segment tries again. Source: Segment's documentation. */
const isRetried = (status: number) => [408, 423, 429].includes(status) || (status >= 500 && status !== 501);

/** Statuses that every batch would get, and what to do about them. */
const hopeless: Readonly<Record<number, string>> = {
  401: 'check --secret and --token',
  403: 'check --secret and --token',
  404: 'check --url',
  405: 'check --url',
};

function postedOf(answer: Answer): Posted {
  const advice = hopeless[answer.status];
  if (advice !== undefined) return { kind: 'given_up', cause: `${causeOf(answer)}: ${advice}` };
  if (answer.status < 200 || answer.status > 299) return { kind: 'refused', cause: causeOf(answer) };
  const counts = v.safeParse(answerSchema, answer.body);
  if (counts.success) return { kind: 'taken', ...counts.output };
  return { kind: 'given_up', cause: 'what answers there is no relay: check --url' };
}

function causeOf(answer: Answer | string): string {
  if (typeof answer === 'string') return answer;
  const said = v.safeParse(messageSchema, answer.body);
  return `the relay answered ${answer.status}${said.success ? ` (${said.output.message})` : ''}`;
}

function networkCause(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : error.name;
  return `no answer (${code})`;
}
