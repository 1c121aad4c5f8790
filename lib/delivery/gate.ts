import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ApiResult, Salesmachine } from '../salesmachine/client.ts';
import { type Outcome, toOutcome } from '../salesmachine/outcome.ts';
import { parseRetryAfterMs } from '../salesmachine/rate-limit.ts';
import type { Log } from '../telemetry/log.ts';
import { probeDelayMs } from './backoff.ts';
import type { Pacer } from './pacer.ts';

/** Failures in a row, of whatever requests, after which only pings go out. */
const FAILURES_TO_TRIP = 5;

/** Lanes that were throttled together do not come back in the same instant. */
const JITTER_MS = 500;

/** Why nothing can be delivered until somebody, or time, mends it. */
export type TripCause = 'outage' | 'credential' | 'configuration';

type Ports = { salesmachine: Salesmachine; clock: Clock; random: Random; log: Log };

/**
 * Whether and when a lane may send. It lives as long as the lane, and every request goes through it.
 *
 * Three things keep it shut: the pacer's next slot, a 429 until its reset, and a closed API until a ping passes.
 * Moments are milliseconds since the epoch.
 */
export type Gate = {
  /**
   * Waits for a slot, first come, first served: true when the caller may send one request now, false when none came
   * before `until` or the signal aborted.
   */
  acquireSlot(deadline: number, signal?: AbortSignal): Promise<boolean>;
  /** Asks `/v1/ping`, for the quota as a request like any other; undefined if no slot came before `until`. */
  ping(deadline: number): Promise<Outcome | undefined>;
  /** Takes note of what came of a request. */
  recordOutcome(outcome: Outcome, result: ApiResult): void;
  trip(cause: TripCause): void;
  /** Milliseconds until delivery goes on; undefined while nobody knows. */
  resumesInMs(): number | undefined;
};

export function createGate(pacer: Pacer, { salesmachine, clock, random, log }: Ports): Gate {
  let throttledUntil = 0;
  let tripped: { cause: TripCause; probeAt: number } | undefined;
  let consecutiveFailures = 0;
  // Counted until a batch is delivered: a ping that passes does not prove that batches do.
  let probeCount = 0;
  let mutex: Promise<unknown> = Promise.resolve();

  function trip(cause: TripCause): void {
    const probeInMs = Math.round(probeDelayMs(probeCount++, random));
    tripped = { cause, probeAt: clock.now() + probeInMs };
    log.warn('delivery paused', { cause, probeInMs });
  }

  function recordOutcome(outcome: Outcome, result: ApiResult): void {
    if (outcome === 'throttled') {
      const now = clock.now();
      const waitMs =
        (parseRetryAfterMs(result.kind === 'response' ? result.headers : {}, now) ?? 1_000) +
        random() * JITTER_MS;
      throttledUntil = Math.max(throttledUntil, now + waitMs);
      pacer.onThrottled(now);
      return;
    }
    if (outcome === 'transient' || outcome === 'uncertain') {
      consecutiveFailures += 1;
      pacer.dropMissedSlots(clock.now());
      if (consecutiveFailures >= FAILURES_TO_TRIP) trip('outage');
      return;
    }
    consecutiveFailures = 0;
    if (outcome === 'delivered') probeCount = 0;
  }

  /** One ping, in a slot that was taken for it. */
  async function probe(): Promise<Outcome> {
    if (tripped?.cause === 'credential') await salesmachine.refreshCredentialIfOlderThan(clock.now());
    const result = await salesmachine.post('/v1/ping', '{}');
    const outcome = toPingOutcome(result);
    const cause = tripCauseByOutcome[outcome];
    log.info('ping completed', { outcome, status: result.kind === 'response' ? result.status : undefined });
    if (outcome === 'throttled') recordOutcome(outcome, result);
    else if (cause !== undefined) trip(cause);
    else if (tripped !== undefined) {
      log.warn('delivery resumed', { cause: tripped.cause });
      tripped = undefined;
    }
    if (outcome === 'delivered') consecutiveFailures = 0;
    return outcome;
  }

  /** Why nothing may be sent before the moment; nothing if it is only the pace. */
  function findWaitReason(resumesAt: number): TripCause | 'throttled' | undefined {
    if (tripped !== undefined && resumesAt === tripped.probeAt) return tripped.cause;
    return resumesAt === throttledUntil ? 'throttled' : undefined;
  }

  /** Waits until the next slot, or until the next probe of a closed API; false if neither comes in time. */
  async function waitForSlot(deadline: number, signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      const now = clock.now();
      const resumesAt = Math.max(pacer.nextSlot(), throttledUntil, tripped?.probeAt ?? 0);
      if (signal?.aborted || now >= deadline) return false;
      if (resumesAt <= now) {
        pacer.reserveSlot(now);
        return true;
      }
      const cause = findWaitReason(resumesAt);
      await clock.sleep(Math.min(resumesAt, deadline) - now, signal).catch(() => undefined);
      if (cause !== undefined) log.info('pause elapsed', { cause, pausedMs: clock.now() - now });
    }
  }

  async function acquireNextSlot(deadline: number, signal: AbortSignal | undefined): Promise<boolean> {
    while (await waitForSlot(deadline, signal)) {
      if (tripped === undefined) return true;
      await probe();
    }
    return false;
  }

  function serialize<T>(task: () => Promise<T>): Promise<T> {
    const result = mutex.then(task);
    mutex = result.catch(() => undefined);
    return result;
  }

  return {
    acquireSlot: (deadline, signal) => serialize(() => acquireNextSlot(deadline, signal)),
    ping: (deadline) =>
      serialize(async () => ((await waitForSlot(deadline, undefined)) ? probe() : undefined)),
    recordOutcome,
    trip,
    resumesInMs() {
      if (tripped !== undefined) return undefined;
      return Math.max(0, throttledUntil - clock.now());
    },
  };
}

const tripCauseByOutcome: Partial<Record<Outcome, TripCause>> = {
  credential: 'credential',
  configuration: 'configuration',
  transient: 'outage',
  uncertain: 'outage',
};

/** A ping carries no data, so that an ambiguous answer, or any other refusal, can only mean the credential. */
function toPingOutcome(result: ApiResult): Outcome {
  const outcome = toOutcome('/v1/ping', result);
  return outcome === 'ambiguous' || outcome === 'rejected' ? 'credential' : outcome;
}
