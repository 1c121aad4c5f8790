import type { Random } from '../runtime/random.ts';
import { probeDelayMs } from './backoff.ts';
import type { PauseCause } from './reactions.ts';

/** Why the breaker opens: what a person needs to know. */
export type Trip = {
  cause: PauseCause;
  /** Salesmachine's last status, if there was an answer. */
  status?: number | undefined;
  /** Salesmachine's words, or why there was no answer; without any value of an event. */
  text: string;
  /** Everything is refused, so that the API need not be pinged, and a single event is probed at a time. */
  isRefusal: boolean;
};

/** The breaker, open. Moments are milliseconds since the epoch. */
export type Pause = Trip & {
  since: number;
  nextTryAt: number;
  isProbing: boolean;
  /** A ping has passed, so that the next probe is a batch. */
  isPinged: boolean;
};

/**
 * The circuit breaker of a lane, as a pure state machine. Closed, it lets everything pass. Open, it lets one probe pass
 * at a time, ever more rarely, until a batch is accepted.
 */
export type Breaker = {
  /** Why nothing passes; undefined while it is closed. */
  pause(): Pause | undefined;
  /**
   * Opens it; or keeps it open until the next probe, if the one on its way has failed. Returns undefined if it does
   * neither: it is open already, and the failed request was sent before that.
   */
  trip(now: number, trip: Trip): Pause | undefined;
  /** A probe is on its way: the next one goes out only if this one takes very long. */
  probe(now: number): void;
  /** The probe on its way said nothing: the next one may go out from this moment on. */
  cancelProbe(at: number): void;
  /** The probe on its way was a ping, and passed: now a batch may go out. */
  onPingPassed(now: number): void;
  /** Closes it; returns the pause that this ends. */
  close(): Pause | undefined;
  /** A batch was accepted, so the next pause begins with short delays. */
  reset(): void;
};

/** Longer than a request takes. */
const PROBE_TIMEOUT_MS = 15_000;

export function createBreaker(random: Random): Breaker {
  let pause: Pause | undefined;
  // Counted until a batch is accepted.
  let probes = 0;

  return {
    pause: () => pause,
    trip(now, trip) {
      if (pause !== undefined && !pause.isProbing) return undefined;
      const nextTryAt = now + probeDelayMs(probes++, random, trip.isRefusal);
      pause = { ...trip, since: pause?.since ?? now, nextTryAt, isProbing: false, isPinged: false };
      return pause;
    },
    probe(now) {
      if (pause) pause = { ...pause, nextTryAt: now + PROBE_TIMEOUT_MS, isProbing: true };
    },
    cancelProbe(at) {
      if (pause?.isProbing) pause = { ...pause, nextTryAt: at, isProbing: false };
    },
    onPingPassed(now) {
      if (pause?.isProbing) pause = { ...pause, nextTryAt: now, isProbing: false, isPinged: true };
    },
    close() {
      const ended = pause;
      pause = undefined;
      return ended;
    },
    reset() {
      probes = 0;
    },
  };
}
