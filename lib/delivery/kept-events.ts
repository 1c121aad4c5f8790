import type { Random } from '../runtime/random.ts';
import { keptDelayMs } from './backoff.ts';

/** One in so many of the lane's slots is for kept events, and for those that came back and may be bad. */
const SLOTS_PER_KEPT_REQUEST = 20;

/** More are not remembered: an event that is forgotten is found again by a search. */
const MAX_KEPT = 10_000;

/** An event that failed alone. Moments are milliseconds since the epoch. */
export type KeptEvent = {
  /** When it first failed alone. */
  since: number;
  lastFailedAt: number;
  /** How often it failed alone. */
  failures: number;
  /** How many of these while other events passed, before it and after. */
  proven: number;
  /** When it was first refused alone. */
  refusedSince?: number;
  /** It goes alone, and not before this moment; without one, it goes with other events that came back. */
  dueAt?: number;
};

/**
 * What a lane remembers of the events that failed alone: they wait in the queue, each with a backoff of its own, and
 * are sent alone when they come back, so that no other event waits for them. An event that another lane keeps is
 * unknown here, and found again.
 */
export type KeptEvents = ReturnType<typeof createKeptEvents>;

export function createKeptEvents({ lanes, random }: { lanes: number; random: Random }) {
  const events = new Map<string, KeptEvent>();
  let nextSlotAt = Number.NEGATIVE_INFINITY;

  function recordFailure(id: string, now: number, isProven: boolean): KeptEvent {
    const known = events.get(id);
    const kept: KeptEvent = {
      since: known?.since ?? now,
      lastFailedAt: now,
      failures: (known?.failures ?? 0) + 1,
      proven: (known?.proven ?? 0) + (isProven ? 1 : 0),
      ...(known?.refusedSince !== undefined && { refusedSince: known.refusedSince }),
    };
    events.delete(id);
    events.set(id, kept);
    const [oldest] = events.keys();
    if (events.size > MAX_KEPT && oldest !== undefined) events.delete(oldest);
    return kept;
  }

  return {
    get: (id: string): KeptEvent | undefined => events.get(id),

    /** It failed alone. `isProven`: while other events passed. */
    recordFailure,

    /** It was refused alone, though nothing has passed that would prove it bad. */
    recordRefusal(id: string, now: number): void {
      const kept = recordFailure(id, now, false);
      kept.refusedSince ??= now;
    },

    /** Sets when it may be tried again: after its backoff, and so late that all kept events stay within their slots. */
    scheduleRetry(kept: KeptEvent, now: number, slotPeriodMs: number): void {
      const turnMs = (events.size * SLOTS_PER_KEPT_REQUEST * slotPeriodMs) / lanes;
      kept.dueAt = now + keptDelayMs(kept.failures, turnMs, random);
    },

    /**
     * Takes one of the slots for such events. Returns 0, or after how many milliseconds to ask again: not all at the
     * same moment, or the first in the queue would have each slot.
     */
    reserve(now: number, slotPeriodMs: number): number {
      const turnMs = SLOTS_PER_KEPT_REQUEST * slotPeriodMs;
      if (now < nextSlotAt) return nextSlotAt - now + random() * turnMs;
      nextSlotAt = now + turnMs;
      return 0;
    },

    /** A search among events that came back takes one slot more. */
    charge(now: number, slotPeriodMs: number): void {
      nextSlotAt = Math.max(nextSlotAt, now) + SLOTS_PER_KEPT_REQUEST * slotPeriodMs;
    },

    forget: (id: string): unknown => events.delete(id),

    /** The API was ill from `since` on: events that first failed alone then may be good, so they go with others. */
    releaseKeptSince(since: number): void {
      for (const kept of events.values()) if (kept.since >= since) delete kept.dueAt;
    },

    /** How many wait for a retry of their own, and when the first of them is due. */
    status(): { messages: number; nextAt: number | null } {
      const dueAt = [...events.values()].flatMap((kept) => kept.dueAt ?? []);
      return { messages: dueAt.length, nextAt: dueAt.length === 0 ? null : Math.min(...dueAt) };
    },
  };
}
