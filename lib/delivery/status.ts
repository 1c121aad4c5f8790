import type { Evidence } from './evidence.ts';
import type { Gate } from './gate.ts';
import type { KeptEvents } from './kept-events.ts';

/** Of a lane's circuit breaker: half-open if the next request is its probe. */
export const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/** What holds delivery, for people; null is what a lane does not know. Moments are milliseconds since the epoch. */
export type LaneStatus = {
  state: (typeof BREAKER_STATES)[number];
  /** Why nothing is sent now: `outage`, `credential`, `configuration`, `throttled`; null if nothing holds delivery. */
  cause: string | null;
  /** The HTTP status that says so. */
  status: number | null;
  /** Salesmachine's words, or why there was no answer; without any value of an event. */
  text: string | null;
  since: number | null;
  /** When a request goes out again. */
  nextTryAt: number | null;
  lastDeliveredAt: number | null;
  /** Requests that the quota has left, as Salesmachine said last. */
  quotaRemaining: number | null;
  /** Events that failed alone and wait for a retry, and when the first of them is due. */
  retrying: { messages: number; nextAt: number | null };
};

type Parts = { gate: Gate; evidence: Evidence; kept: KeptEvents };

export function toLaneStatus({ gate, evidence, kept }: Parts, now: number): LaneStatus {
  const pause = gate.pause();
  const { until, since } = gate.throttle();
  const isThrottled = until > now;
  const lastDeliveredAt = evidence.acceptedAt();
  const common = {
    lastDeliveredAt: Number.isFinite(lastDeliveredAt) ? lastDeliveredAt : null,
    quotaRemaining: gate.quotaRemaining() ?? null,
    retrying: kept.status(),
  };
  if (pause === undefined) {
    return {
      state: 'closed',
      cause: isThrottled ? 'throttled' : null,
      status: isThrottled ? 429 : null,
      text: null,
      since: isThrottled ? (since ?? null) : null,
      nextTryAt: isThrottled ? until : null,
      ...common,
    };
  }
  const { cause, status = null, text, nextTryAt } = pause;
  return {
    state: pause.isProbing || nextTryAt <= now ? 'half-open' : 'open',
    cause,
    status,
    text,
    since: pause.since,
    nextTryAt,
    ...common,
  };
}
