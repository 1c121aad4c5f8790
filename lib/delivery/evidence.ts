/** First attempts that the failing share is taken from: about a minute of them. */
const WINDOW = 60;

/** A batch is never suspected, and the API never called ill, for fewer failures. */
const MIN_FAILURES_TO_SUSPECT = 3;
export const MIN_FAILURES_TO_TRIP = 5;

/**
 * Of the failures in a row, so many of one batch count where others fail, too; and all of them, if they are so many.
 */
const MAX_COUNTED_PER_BATCH = 2;
const MANY_FAILURES = 10;

/** If more batches than this fail beside it, and nothing passes, a batch is not suspected: it may be the API. */
const MAX_OTHERS_FAILING = 2;

/** What happens by chance in fewer cases than these is no chance. A pause is cheap, and a search is not. */
const UNLIKELY_TO_SUSPECT = 1e-5;
const UNLIKELY_TO_TRIP = 1e-5;
const UNLIKELY_IN_SEARCH = 0.05;

/**
 * The failing share counts as no more: bad batches that are not searched yet would make each other look like chance.
 */
const MAX_SHARE = 0.5;

/**
 * After so many batches in a row that failed for an operation of their own, one failure is enough to suspect the next.
 */
const BAD_BATCHES_IN_ROW = 3;

/** Above this share of failures, a single one says little. */
const BROWNOUT_SHARE = 0.05;

/** The failing share counts as this much of one more attempt, for a lane that has seen little is not sure. */
const PRIOR_SHARE = 0.045;

/** Operations that a lane gives up since the last acceptance without another one that passed. */
export const MAX_UNPROVEN = 5;

/** The attempts to send one batch as a whole. Moments are milliseconds since the epoch. */
export type BatchAttempts = {
  failures: number;
  firstFailedAt: number;
  /** Its own operations are why it failed, so its failures say nothing of chance. */
  isExplained: boolean;
};

export const createBatchAttempts = (): BatchAttempts => ({
  failures: 0,
  firstFailedAt: Number.POSITIVE_INFINITY,
  isExplained: false,
});

/**
 * What a lane has seen of the API, from which it is decided whose fault a failure is: an operation is bad only if it
 * fails while others pass, and the API is ill only if nothing passes. It decides suspicion, the circuit breaker, and
 * giving up; nothing else does.
 */
export type Evidence = ReturnType<typeof createEvidence>;

export function createEvidence() {
  let firstAttempts: { batch: BatchAttempts; at: number; failed: boolean }[] = [];
  let acceptedAt = Number.NEGATIVE_INFINITY;
  let credentialGoodAt = Number.NEGATIVE_INFINITY;
  let credentialDoubtedAt = Number.NEGATIVE_INFINITY;
  // Since the last acceptance, by batch.
  let failuresInRow = new Map<BatchAttempts, number>();
  let failingSince = Number.POSITIVE_INFINITY;
  let unproven = 0;
  // Of the batches that failed, how many of the last had a bad operation, without one that failed by chance.
  let badBatchesInRow = 0;

  function recordFirstAttempt(batch: BatchAttempts | undefined, at: number, failed: boolean): void {
    if (batch === undefined || batch.failures > 0) return;
    firstAttempts = [...firstAttempts, { batch, at, failed }].slice(-WINDOW);
  }

  function recordBatchFailure(batch: BatchAttempts, now: number): void {
    recordFirstAttempt(batch, now, true);
    if (batch.failures === 0) batch.firstFailedAt = now;
    batch.failures += 1;
  }

  /** The share of those first attempts that failed. */
  function failingShare(isCounted: (attempt: { batch: BatchAttempts; at: number }) => boolean): number {
    const attempts = firstAttempts.filter((each) => isCounted(each) && !each.batch.isExplained);
    const failed = attempts.filter((each) => each.failed).length;
    return (failed + PRIOR_SHARE) / (attempts.length + 1);
  }

  const hasPassedSince = (batch: BatchAttempts) => acceptedAt > batch.firstFailedAt;

  const failingShareOfOthers = (batch: BatchAttempts) =>
    Math.min(
      MAX_SHARE,
      failingShare(({ batch: other }) => other !== batch),
    );

  return {
    /**
     * A request was accepted; `batch` is the one that it was an attempt of, unless it was part of a search. `isAlias`:
     * to `/v1/alias`, which proves nothing against what is refused in a batch.
     */
    recordAcceptance(now: number, batch?: BatchAttempts, isAlias = false): void {
      recordFirstAttempt(batch, now, false);
      if (batch !== undefined && batch.failures > 0) badBatchesInRow = 0;
      failuresInRow = new Map();
      credentialGoodAt = now;
      if (isAlias) return;
      acceptedAt = now;
      unproven = 0;
    },

    /**
     * What a ping says of the credential. A 400 that was about no operation says that it is bad: some of the API's
     * servers may not know it.
     */
    recordCredential(now: number, isGood: boolean): void {
      if (isGood) credentialGoodAt = now;
      else credentialDoubtedAt = now;
    },

    recordFailure(now: number, batch: BatchAttempts): void {
      recordBatchFailure(batch, now);
      if (failuresInRow.size === 0) failingSince = now;
      failuresInRow.set(batch, (failuresInRow.get(batch) ?? 0) + 1);
    },

    /** A refusal is an answer: the API is there. With `batch`, it may be chance all the same. */
    recordRefusal(now: number, batch?: BatchAttempts): void {
      failuresInRow = new Map();
      if (batch !== undefined) recordBatchFailure(batch, now);
    },

    /** A search of the batch is over; `hasFound`: an operation failed or was refused alone. */
    recordSearch(batch: BatchAttempts, hasFound: boolean): void {
      batch.isExplained = hasFound;
      if (!hasFound) badBatchesInRow = 0;
      else if (hasPassedSince(batch)) badBatchesInRow += 1;
    },

    /**
     * Whether chance no longer explains that the batch fails: others pass meanwhile, and few others fail. Or the last
     * ones that failed were bad, and it is the only one to fail now.
     */
    isSuspect(batch: BatchAttempts): boolean {
      const others = [...failuresInRow.keys()].filter((other) => other !== batch);
      if (badBatchesInRow >= BAD_BATCHES_IN_ROW && others.length === 0) return true;
      return (
        batch.failures >= MIN_FAILURES_TO_SUSPECT &&
        hasPassedSince(batch) &&
        others.length <= MAX_OTHERS_FAILING &&
        failingShareOfOthers(batch) ** batch.failures < UNLIKELY_TO_SUSPECT
      );
    },

    /** Whether the batch has failed often enough to be suspected, but nothing else has passed since. */
    lacksAcceptance: (batch: BatchAttempts): boolean =>
      batch.failures >= MIN_FAILURES_TO_SUSPECT && !hasPassedSince(batch),

    /** Whether so many failures of a part of the batch, in the search of it, are more than chance. */
    isSearchResult: (batch: BatchAttempts, failures: number): boolean =>
      failingShareOfOthers(batch) ** failures < UNLIKELY_IN_SEARCH,

    /** Whether others pass, as far as the last of them tell: none has failed since the last acceptance. */
    isWell: (batch: BatchAttempts): boolean => [...failuresInRow.keys()].every((other) => other === batch),

    /** Whether other batches fail, too, so that it takes many failures to tell anything. */
    isBrownout: (batch: BatchAttempts): boolean => failingShareOfOthers(batch) >= BROWNOUT_SHARE,

    /** Whether nothing passes any more. */
    isApiIll(): boolean {
      const counts = [...failuresInRow.values()];
      const total = counts.reduce((sum, count) => sum + count, 0);
      const counted = counts.reduce((sum, count) => sum + Math.min(count, MAX_COUNTED_PER_BATCH), 0);
      const failures = counts.length === 1 || total >= MANY_FAILURES ? total : counted;
      const shareBefore = failingShare(({ at }) => at < failingSince);
      return failures >= MIN_FAILURES_TO_TRIP && shareBefore ** failures < UNLIKELY_TO_TRIP;
    },

    acceptedAt: () => acceptedAt,

    /** Whether the credential is good, as far as what came since the moment tells; undefined if nothing tells it. */
    isCredentialGood(since: number): boolean | undefined {
      if (credentialDoubtedAt > since) return false;
      return credentialGoodAt > since || undefined;
    },

    /** Since when batches fail and nothing passes; undefined if none has failed since the last acceptance. */
    failingSince: (): number | undefined => (failuresInRow.size > 0 ? failingSince : undefined),

    /** Whether one more operation may be given up though nothing has passed since it was refused. */
    mayGiveUpUnproven: (): boolean => unproven < MAX_UNPROVEN,
    recordUnproven(): void {
      unproven += 1;
    },
  };
}
