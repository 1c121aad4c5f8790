import type { Reason } from '../dead-letters/reasons.ts';
import type { Outcome } from '../salesmachine/outcome.ts';

/** Why delivery is paused: what a person has to look at, the most urgent first. */
export const PAUSE_CAUSES = ['credential', 'configuration', 'outage'] as const;

export type PauseCause = (typeof PAUSE_CAUSES)[number];

/** What follows from an outcome. */
export type Reaction = {
  /**
   * - `accepted`: the operations are delivered, and the API is well
   * - `throttled`: the lane waits, and nothing else follows
   * - `refused`: about the data, so the batch is bisected at once
   * - `failed`: about anything; the same batch is sent again until the evidence decides
   */
  verdict: 'accepted' | 'throttled' | 'refused' | 'failed';
  /** What the circuit breaker gives as the cause if nothing passes. */
  pauseCause: PauseCause;
  /** The reason of the dead letter if a single operation is given up for it. */
  reason: Reason;
  /**
   * When an operation that has this outcome alone, while others pass, is given up: at once, after ten minutes and three
   * tries, or at `MAX_EVENT_AGE_HOURS`.
   */
  givenUp: 'at_once' | 'after_tries' | 'at_max_age';
  /** If the left half of a bisected batch passes, the right one has the bad operation: true of all but a size. */
  inferable: boolean;
  /** Has to be confirmed by a ping that passes, if nothing else tells; and, if `twice`, by the same answer after it. */
  ping?: 'once' | 'twice';
  /** For the documentation: the answers, and what a person will see and where. */
  answers: string;
  seen: string;
};

const refused = { verdict: 'refused', pauseCause: 'configuration', givenUp: 'at_once' } as const;
const failed = { verdict: 'failed', inferable: true } as const;

/**
 * What every answer of Salesmachine leads to: the one place that says it. The engine reads it, and the documentation's
 * table is printed from it.
 */
export const reactions: Readonly<Record<Outcome, Reaction>> = {
  delivered: {
    verdict: 'accepted',
    pauseCause: 'outage',
    reason: 'rejected',
    givenUp: 'at_max_age',
    inferable: true,
    answers: 'any 2xx that is no HTML page',
    seen: 'nothing; a status other than 200, 201, 202 or 204, or an `error` in the body, is a warning in the log',
  },
  throttled: {
    verdict: 'throttled',
    pauseCause: 'outage',
    reason: 'rejected',
    givenUp: 'at_max_age',
    inferable: true,
    answers: '429',
    seen: 'nothing is sent until the reset; the alarm on throttling if it is a large part of the requests',
  },
  ambiguous: {
    ...refused,
    pauseCause: 'credential',
    reason: 'rejected',
    inferable: true,
    ping: 'once',
    answers: '400',
    seen: 'what else passes, or a ping, shows whether the credential or the event is refused: the event becomes a dead letter `rejected`, or delivery pauses with the cause `credential`',
  },
  rejected: {
    ...refused,
    reason: 'rejected',
    inferable: true,
    answers: '422',
    seen: 'the event becomes a dead letter `rejected`; if everything is refused, delivery pauses with the cause `configuration` after five of them',
  },
  too_large: {
    ...refused,
    reason: 'too_large',
    inferable: false,
    answers: '413',
    seen: 'smaller requests; an event that is too large alone becomes a dead letter `too_large`',
  },
  alias_unsupported: {
    ...refused,
    reason: 'alias_unsupported',
    inferable: false,
    ping: 'twice',
    answers: '404, 405 to an alias call, while pings pass',
    seen: 'the alias becomes a dead letter `alias_unsupported`, and so do those of the next hour, without a request',
  },
  credential: {
    ...failed,
    pauseCause: 'credential',
    reason: 'rejected',
    givenUp: 'after_tries',
    answers: '401, 403, 407',
    seen: 'the credential is read again; if nothing passes, delivery pauses with the cause `credential`; an event that gets it alone becomes a dead letter `rejected` after ten minutes',
  },
  configuration: {
    ...failed,
    pauseCause: 'configuration',
    reason: 'rejected',
    givenUp: 'after_tries',
    answers: '3xx, 402, 404, 405, 406, 410, 415, 501, an HTML page',
    seen: 'if nothing passes, delivery pauses with the cause `configuration`; an event that gets it alone becomes a dead letter `rejected` after ten minutes',
  },
  conflict: {
    ...failed,
    pauseCause: 'outage',
    reason: 'rejected',
    givenUp: 'after_tries',
    answers: '409, 421, 423, 425, 449, 498, 499 and every other 4xx',
    seen: 'it is sent again; an event that gets it alone becomes a dead letter `rejected` after ten minutes',
  },
  transient: {
    ...failed,
    pauseCause: 'outage',
    reason: 'server_error',
    givenUp: 'at_max_age',
    answers: '408, 5xx, no connection',
    seen: 'it is sent again; if nothing passes, delivery pauses with the cause `outage`; an event that gets it alone becomes a dead letter `server_error` at `MAX_EVENT_AGE_HOURS`',
  },
  possibly_applied: {
    ...failed,
    pauseCause: 'outage',
    reason: 'server_error',
    givenUp: 'at_max_age',
    answers: 'no answer to a request that was sent',
    seen: 'as before, and the log line says `mayBeDuplicated`',
  },
};
