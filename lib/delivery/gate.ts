import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ApiResult, Salesmachine } from '../salesmachine/client.ts';
import { describeResult } from '../salesmachine/error-detail.ts';
import type { Outcome } from '../salesmachine/outcome.ts';
import { toPingOutcome } from '../salesmachine/ping.ts';
import { readRemaining } from '../salesmachine/rate-limit.ts';
import type { Log } from '../telemetry/log.ts';
import type { Breaker, Pause, Trip } from './breaker.ts';
import type { BatchAttempts, Evidence } from './evidence.ts';
import type { Pacer } from './pacer.ts';
import { type PauseCause, type Reaction, reactions } from './reactions.ts';
import { createSlotLine, type WaitOptions } from './slot-line.ts';
import { createThrottle } from './throttle.ts';

type Parts = { pacer: Pacer; breaker: Breaker; evidence: Evidence };
type Ports = { salesmachine: Salesmachine; clock: Clock; random: Random; log: Log };

/** What came of a request. */
export type Observation = {
  outcome: Outcome;
  result: ApiResult;
  /** What Salesmachine said, without any value of an event; or why there was no answer. */
  detail: string;
  /**
   * The batch, if it was sent as a whole. Without it, the operations are under suspicion, so that their failure says
   * nothing of the API.
   */
  batch?: BatchAttempts | undefined;
  /** It was a request to `/v1/alias`. */
  isAlias?: boolean;
};

/**
 * Whether and when a lane may send. It lives as long as the lane, and every request goes through it.
 *
 * Three things make a request wait: the pacer's next slot, a 429 until its reset, and the circuit breaker. Moments are
 * milliseconds since the epoch.
 */
export type Gate = {
  /**
   * Waits for a slot: true when the caller may send one request now, false when none came before `deadline`. While the
   * breaker is open, that request is its probe. `mayBorrow`: it need not wait for the pace.
   */
  acquireSlot(deadline: number, options?: WaitOptions & { mayBorrow?: boolean }): Promise<boolean>;
  /** The caller has a slot, but nothing to send. */
  releaseSlot(): void;
  /** Asks `/v1/ping`, which the quota counts like any other request; undefined if no slot came before `deadline`. */
  ping(deadline: number): Promise<Outcome | undefined>;
  recordOutcome(observation: Observation): void;
  /** Everything is refused, the last time with these words: opens the breaker. */
  tripForRefusals(rejection: { status?: number | undefined; detail: string }): void;
  /** Milliseconds from slot to slot at the present rate. */
  period(): number;
  /** Milliseconds until delivery goes on; undefined while that is unknown. */
  resumesInMs(): number | undefined;
  /** Why nothing is delivered; undefined while the breaker is closed. */
  pause(): Pause | undefined;
  /** Of the last 429s without an acceptance after them: when the first came, and until when nothing is sent. */
  throttle(): { since: number | undefined; until: number };
  /** Requests that the quota has left, as Salesmachine said last. */
  quotaRemaining(): number | undefined;
  /** Whether a caller who has a slot may still use it: the breaker may have opened since, or a 429 have come. */
  admits(): boolean;
};

/** @param onResumed is called when the breaker has closed, with the pause that this ends */
export function createGate(
  { pacer, breaker, evidence }: Parts,
  { salesmachine, clock, random, log }: Ports,
  onResumed: (pause: Pause) => void = () => undefined,
): Gate {
  const throttle = createThrottle(random);
  const line = createSlotLine(clock, { waitForSlot, useSlot });
  let quotaRemaining: number | undefined;
  let wake = new AbortController();

  /** A slot may come earlier now: the wait for it begins again. */
  function wakeUp(): void {
    wake.abort(null);
    wake = new AbortController();
  }

  function trip(trip: Trip): void {
    const now = clock.now();
    const pause = breaker.trip(now, trip);
    if (pause === undefined) return;
    wakeUp();
    const { cause, status, text, nextTryAt } = pause;
    log.warn('delivery paused', { cause, status, problem: text, probeInMs: Math.round(nextTryAt - now) });
  }

  function resume(): void {
    const pause = breaker.close();
    if (pause === undefined) return;
    log.warn('delivery resumed', { cause: pause.cause, durationMs: clock.now() - pause.since });
    wakeUp();
    onResumed(pause);
  }

  function onThrottled(result: ApiResult): void {
    const now = clock.now();
    throttle.extend(result.kind === 'response' ? result.headers : {}, now);
    pacer.onThrottled(now);
    breaker.cancelProbe(throttle.until());
    wakeUp();
  }

  /** What the gate learns from a request, by the verdict on it. */
  const learnFrom: Record<Reaction['verdict'], (observation: Observation) => void> = {
    throttled: ({ result }) => onThrottled(result),
    accepted({ batch, isAlias }) {
      evidence.recordAcceptance(clock.now(), batch, isAlias);
      throttle.onAccepted(clock.now());
      breaker.reset();
      resume();
    },
    refused({ outcome, result, detail, batch }) {
      evidence.recordRefusal(clock.now(), outcome === 'ambiguous' ? batch : undefined);
      const pause = breaker.pause();
      if (pause?.isRefusal) trip(describeTrip(pause.cause, result, detail, true));
      // The API looks at the data again, so an outage is over; that it refuses everything is counted elsewhere.
      else resume();
    },
    failed({ outcome, result, detail, batch }) {
      if (batch !== undefined) evidence.recordFailure(clock.now(), batch);
      if (breaker.pause() !== undefined || evidence.isApiIll())
        trip(describeTrip(reactions[outcome].pauseCause, result, detail));
    },
  };

  function recordOutcome(observation: Observation): void {
    const { outcome, result } = observation;
    const { verdict } = reactions[outcome];
    if (result.kind === 'response') quotaRemaining = readRemaining(result.headers) ?? quotaRemaining;
    if (verdict !== 'throttled') throttle.endRow();
    learnFrom[verdict](observation);
  }

  function onPingPassed(): void {
    evidence.recordCredential(clock.now(), true);
    breaker.onPingPassed(clock.now());
  }

  function onPingFailed(outcome: Outcome, result: ApiResult): void {
    if (outcome === 'credential') evidence.recordCredential(clock.now(), false);
    if (breaker.pause() === undefined) return;
    trip(describeTrip(reactions[outcome].pauseCause, result, describeResult(result)));
  }

  /** One ping, in a slot that was taken for it. It can keep the breaker open, but it never closes it. */
  async function sendPing(): Promise<Outcome> {
    breaker.probe(clock.now());
    if (breaker.pause()?.cause === 'credential') await salesmachine.refreshCredentialIfOlderThan(clock.now());
    const result = await salesmachine.post('/v1/ping', '{}');
    const outcome = toPingOutcome(result);
    const { verdict } = reactions[outcome];
    log.info('ping completed', {
      outcome,
      status: result.kind === 'response' ? result.status : undefined,
    });
    if (verdict === 'throttled') onThrottled(result);
    else if (verdict === 'accepted') onPingPassed();
    else onPingFailed(outcome, result);
    return outcome;
  }

  /** Why nothing may be sent before the moment; nothing if it is only the pace. */
  function findPauseCause(resumesAt: number, pause: Pause | undefined): PauseCause | 'throttled' | undefined {
    if (pause !== undefined && resumesAt === pause.nextTryAt) return pause.cause;
    return resumesAt === throttle.until() ? 'throttled' : undefined;
  }

  /** Waits until the pace, the last 429 and the breaker let a request pass; false if that is not before `deadline`. */
  async function waitForSlot(deadline: number): Promise<boolean> {
    for (;;) {
      const now = clock.now();
      const pause = breaker.pause();
      const resumesAt = Math.max(pacer.nextSlot(), throttle.until(), pause?.nextTryAt ?? 0);
      if (now >= deadline) return false;
      if (resumesAt <= now) {
        pacer.reserveSlot(now);
        return true;
      }
      const cause = findPauseCause(resumesAt, pause);
      await clock.sleep(Math.min(resumesAt, deadline) - now, wake.signal).catch(() => undefined);
      if (cause !== undefined) log.info('pause elapsed', { cause, pausedMs: clock.now() - now });
    }
  }

  /** While the breaker is open, a ping goes before the probe: where that fails, a batch need not be tried. */
  async function useSlot(): Promise<void> {
    const pause = breaker.pause();
    // The probe is to be a batch that has not failed, if there is one.
    const next = (pause && line.firstFresh()) ?? line.first();
    if (next === undefined) {
      pacer.releaseSlot(clock.now());
    } else if (pause === undefined || pause.isRefusal || pause.isPinged) {
      breaker.probe(clock.now());
      line.leave(next, true);
    } else {
      await sendPing();
    }
  }

  function borrowSlot(deadline: number): boolean {
    const now = clock.now();
    const isOpen = breaker.pause() === undefined && throttle.until() <= now && now < deadline;
    if (!isOpen || !pacer.canBorrow()) return false;
    pacer.reserveSlot(now);
    return true;
  }

  async function acquireSlot(
    deadline: number,
    { mayBorrow = false, ...options }: WaitOptions & { mayBorrow?: boolean } = {},
  ): Promise<boolean> {
    return (mayBorrow && borrowSlot(deadline)) || line.wait(deadline, options);
  }

  return {
    acquireSlot,
    releaseSlot() {
      pacer.releaseSlot(clock.now());
      breaker.cancelProbe(clock.now());
      wakeUp();
    },
    // What it decides has been sent before: events that wait for it are the oldest.
    async ping(deadline) {
      const hasSlot = await acquireSlot(deadline, { mayBorrow: true, turn: () => 'first' });
      return hasSlot ? sendPing() : undefined;
    },
    recordOutcome,
    tripForRefusals: ({ status, detail }) =>
      trip({ cause: 'configuration', status, text: detail, isRefusal: true }),
    period: () => pacer.period(clock.now()),
    resumesInMs() {
      return breaker.pause() === undefined ? Math.max(0, throttle.until() - clock.now()) : undefined;
    },
    pause: breaker.pause,
    throttle: () => ({ since: throttle.since(), until: throttle.until() }),
    quotaRemaining: () => quotaRemaining,
    admits: () => throttle.until() <= clock.now() && breaker.pause()?.isProbing !== false,
  };
}

const describeTrip = (cause: PauseCause, result: ApiResult, text: string, isRefusal = false): Trip => ({
  cause,
  status: result.kind === 'response' ? result.status : undefined,
  text,
  isRefusal,
});
