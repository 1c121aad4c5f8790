/** Slots that an idle or busy lane may make up for at once. */
const CATCH_UP = 4;

const CUT = 0.9;
const CUT_EVERY_MS = 5_000;
const LEAST_FACTOR = 0.05;
/** From half the ceiling back to all of it in about eight minutes. */
const RECOVERY_PER_MS = 0.5 / 480_000;

export type Quota = { requests: number; windowSeconds: number; share: number; lanes: number };

/**
 * When a lane may send its next request: evenly, at most `share × requests / window / lanes`. After a 429 the rate
 * falls by a tenth, at most once in 5 s, and comes back slowly. Times are milliseconds.
 */
export type Pacer = {
  /** The moment of the next slot; it may have passed. */
  nextSlot(): number;
  /** Uses the slot. */
  take(now: number): void;
  /** A slot that was taken, but not used. */
  giveBack(now: number): void;
  /** From slot to slot at the present rate. */
  period(now: number): number;
  throttled(now: number): void;
  /** Gives up the slots that could be made up for: after a failure, the next try is not at once. */
  settle(now: number): void;
};

export function createPacer(quota: Quota, now: number): Pacer {
  const ceiling = (quota.share * quota.requests) / (quota.windowSeconds * 1_000) / quota.lanes;
  let slot = now;
  let factor = 1;
  let factorAt = now;
  let cutAt = Number.NEGATIVE_INFINITY;

  const factorOf = (now: number) => Math.min(1, factor + (now - factorAt) * RECOVERY_PER_MS);
  const period = (now: number) => 1 / (ceiling * factorOf(now));

  return {
    nextSlot: () => slot,
    take(now) {
      slot = Math.max(slot, now - CATCH_UP * period(now)) + period(now);
    },
    giveBack(now) {
      slot -= period(now);
    },
    period,
    settle(now) {
      slot = Math.max(slot, now + period(now));
    },
    throttled(now) {
      if (now - cutAt < CUT_EVERY_MS) return;
      factor = Math.max(LEAST_FACTOR, factorOf(now) * CUT);
      factorAt = now;
      cutAt = now;
    },
  };
}
