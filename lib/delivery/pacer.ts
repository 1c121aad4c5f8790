/** Slots that an idle or busy lane may make up for at once. */
const BURST_SLOTS = 4;

const DECREASE_FACTOR = 0.9;
const DECREASE_INTERVAL_MS = 5_000;
const MIN_FACTOR = 0.05;
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
  reserveSlot(now: number): void;
  /** A slot that was taken, but not used. */
  releaseSlot(now: number): void;
  /** From slot to slot at the present rate. */
  period(now: number): number;
  onThrottled(now: number): void;
  /** Gives up the slots that could be made up for: after a failure, the next try is not at once. */
  dropMissedSlots(now: number): void;
};

export function createPacer(quota: Quota, now: number): Pacer {
  const maxRate = (quota.share * quota.requests) / (quota.windowSeconds * 1_000) / quota.lanes;
  let nextSlotAt = now;
  let rateFactor = 1;
  let rateFactorAt = now;
  let decreasedAt = Number.NEGATIVE_INFINITY;

  const getRateFactor = (now: number) => Math.min(1, rateFactor + (now - rateFactorAt) * RECOVERY_PER_MS);
  const period = (now: number) => 1 / (maxRate * getRateFactor(now));

  return {
    nextSlot: () => nextSlotAt,
    reserveSlot(now) {
      nextSlotAt = Math.max(nextSlotAt, now - BURST_SLOTS * period(now)) + period(now);
    },
    releaseSlot(now) {
      nextSlotAt -= period(now);
    },
    period,
    dropMissedSlots(now) {
      nextSlotAt = Math.max(nextSlotAt, now + period(now));
    },
    onThrottled(now) {
      if (now - decreasedAt < DECREASE_INTERVAL_MS) return;
      rateFactor = Math.max(MIN_FACTOR, getRateFactor(now) * DECREASE_FACTOR);
      rateFactorAt = now;
      decreasedAt = now;
    },
  };
}
