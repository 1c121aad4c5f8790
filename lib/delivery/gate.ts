import type { Clock, Random } from '../runtime/clock.ts';
import type { Answer, Salesmachine } from '../salesmachine/client.ts';
import { type Outcome, outcomeOf } from '../salesmachine/outcome.ts';
import { throttledForMs } from '../salesmachine/rate-limit.ts';
import type { Log } from '../telemetry/log.ts';
import { probeMs } from './backoff.ts';
import type { Pacer } from './pacer.ts';

/** Failures in a row, of whatever requests, after which only pings go out. */
const OUTAGE_AFTER = 5;

/** Lanes that were throttled together do not come back in the same instant. */
const JITTER_MS = 500;

/** Why nothing can be delivered until somebody, or time, mends it. */
export type ClosedCause = 'outage' | 'credential' | 'configuration';

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
  admit(until: number, signal?: AbortSignal): Promise<boolean>;
  /** Asks `/v1/ping`, for the quota as a request like any other; undefined if no slot came before `until`. */
  ping(until: number): Promise<Outcome | undefined>;
  /** Takes note of what came of a request. */
  learn(outcome: Outcome, answer: Answer): void;
  close(cause: ClosedCause): void;
  /** Milliseconds until delivery goes on; undefined while nobody knows. */
  opensIn(): number | undefined;
};

export function createGate(pacer: Pacer, { salesmachine, clock, random, log }: Ports): Gate {
  let throttledUntil = 0;
  let closed: { cause: ClosedCause; probeAt: number } | undefined;
  let failuresInRow = 0;
  // Counted until a batch is delivered: a ping that passes does not prove that batches do.
  let probes = 0;
  let turn: Promise<unknown> = Promise.resolve();

  function close(cause: ClosedCause): void {
    const probeInMs = Math.round(probeMs(probes++, random));
    closed = { cause, probeAt: clock.now() + probeInMs };
    log.warn('holding: Salesmachine cannot be delivered to', { cause, probeInMs });
  }

  function learn(outcome: Outcome, answer: Answer): void {
    if (outcome === 'throttled') {
      const now = clock.now();
      const waitMs =
        throttledForMs(answer.kind === 'response' ? answer.headers : {}, now) + random() * JITTER_MS;
      throttledUntil = Math.max(throttledUntil, now + waitMs);
      pacer.throttled(now);
      return;
    }
    if (outcome === 'transient' || outcome === 'uncertain') {
      failuresInRow += 1;
      pacer.settle(clock.now());
      if (failuresInRow >= OUTAGE_AFTER) close('outage');
      return;
    }
    failuresInRow = 0;
    if (outcome === 'delivered') probes = 0;
  }

  /** One ping, in a slot that was taken for it. */
  async function probe(): Promise<Outcome> {
    if (closed?.cause === 'credential') await salesmachine.renewCredential(clock.now());
    const answer = await salesmachine.post('/v1/ping', '{}');
    const outcome = pingOutcome(answer);
    const cause = closedBy[outcome];
    log.info('ping', { outcome, status: answer.kind === 'response' ? answer.status : undefined });
    if (outcome === 'throttled') learn(outcome, answer);
    else if (cause !== undefined) close(cause);
    else if (closed !== undefined) {
      log.warn('Salesmachine answers again', { cause: closed.cause });
      closed = undefined;
    }
    if (outcome === 'delivered') failuresInRow = 0;
    return outcome;
  }

  /** Why nothing may be sent before the moment; nothing if it is only the pace. */
  function heldBecause(opensAt: number): ClosedCause | 'throttled' | undefined {
    if (closed !== undefined && opensAt === closed.probeAt) return closed.cause;
    return opensAt === throttledUntil ? 'throttled' : undefined;
  }

  /** Waits until the next slot, or until the next probe of a closed API; false if neither comes in time. */
  async function wait(until: number, signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      const now = clock.now();
      const opensAt = Math.max(pacer.nextSlot(), throttledUntil, closed?.probeAt ?? 0);
      if (signal?.aborted || now >= until) return false;
      if (opensAt <= now) {
        pacer.take(now);
        return true;
      }
      const cause = heldBecause(opensAt);
      await clock.sleep(Math.min(opensAt, until) - now, signal).catch(() => undefined);
      if (cause !== undefined) log.info('held', { cause, heldMs: clock.now() - now });
    }
  }

  async function admitNext(until: number, signal: AbortSignal | undefined): Promise<boolean> {
    while (await wait(until, signal)) {
      if (closed === undefined) return true;
      await probe();
    }
    return false;
  }

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = turn.then(task);
    turn = result.catch(() => undefined);
    return result;
  }

  return {
    admit: (until, signal) => inTurn(() => admitNext(until, signal)),
    ping: (until) => inTurn(async () => ((await wait(until, undefined)) ? probe() : undefined)),
    learn,
    close,
    opensIn() {
      if (closed !== undefined) return undefined;
      return Math.max(0, throttledUntil - clock.now());
    },
  };
}

const closedBy: Partial<Record<Outcome, ClosedCause>> = {
  credential: 'credential',
  configuration: 'configuration',
  transient: 'outage',
  uncertain: 'outage',
};

/** A ping carries no data, so that an ambiguous answer, or any other refusal, can only mean the credential. */
function pingOutcome(answer: Answer): Outcome {
  const outcome = outcomeOf('/v1/ping', answer);
  return outcome === 'ambiguous' || outcome === 'rejected' ? 'credential' : outcome;
}
