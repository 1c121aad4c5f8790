/** Missed slots that a lane may make up for at once. */
const BURST_SLOTS = 4;

const DECREASE_FACTOR = 0.9;
const DECREASE_INTERVAL_MS = 5_000;
const MIN_FACTOR = 0.05;
/** From half the ceiling back to all of it in about eight minutes. */
const RECOVERY_PER_MS = 0.5 / 480_000;

/**
 * Slots that may be borrowed from the following minute, at most; never more than what the share leaves of the quota.
 */
const MAX_BORROWED = 12;

/** How much later than usual the slots come while there is something to pay back: as a part of their period. */
const REPAYMENT = 0.5;

export type Quota = { requests: number; windowSeconds: number; share: number; lanes: number };

/**
 * When a lane may send its next request: evenly, at most `share × requests / window / lanes`. After a 429 the rate
 * falls by a tenth, at most once in 5 s, and comes back slowly (AIMD). A search may borrow some slots of the next
 * minute, which the lane pays back little by little. Times are milliseconds.
 */
export type Pacer = {
  /** The moment of the next slot; it may have passed. */
  nextSlot(): number;
  /** Whether a request may go out before its slot. */
  canBorrow(): boolean;
  /** Uses the next slot; before its moment, it borrows one. */
  reserveSlot(now: number): void;
  /** A slot that was taken, but not used. */
  releaseSlot(now: number): void;
  /** From slot to slot at the present rate. */
  period(now: number): number;
  onThrottled(now: number): void;
};

export function createPacer(quota: Quota, now: number): Pacer {
  const maxRate = (quota.share * quota.requests) / (quota.windowSeconds * 1_000) / quota.lanes;
  const spare = Math.floor(((1 - quota.share) * quota.requests) / quota.lanes);
  const maxBorrowed = Math.min(MAX_BORROWED, spare);
  let nextSlotAt = now;
  // Slots that may be borrowed.
  let credit = maxBorrowed;
  let rateFactor = 1;
  let rateFactorAt = now;
  let decreasedAt = Number.NEGATIVE_INFINITY;

  const getRateFactor = (now: number) => Math.min(1, rateFactor + (now - rateFactorAt) * RECOVERY_PER_MS);
  const period = (now: number) => 1 / (maxRate * getRateFactor(now));

  return {
    nextSlot: () => nextSlotAt,
    canBorrow: () => credit >= 1,
    reserveSlot(now) {
      if (now < nextSlotAt) {
        credit -= 1;
        return;
      }
      const repaid = Math.min(REPAYMENT, maxBorrowed - credit);
      credit += repaid;
      nextSlotAt = Math.max(nextSlotAt, now - BURST_SLOTS * period(now)) + period(now) * (1 + repaid);
    },
    releaseSlot(now) {
      nextSlotAt -= period(now);
    },
    period,
    onThrottled(now) {
      if (now - decreasedAt < DECREASE_INTERVAL_MS) return;
      rateFactor = Math.max(MIN_FACTOR, getRateFactor(now) * DECREASE_FACTOR);
      rateFactorAt = now;
      decreasedAt = now;
    },
  };
}
