/** How Salesmachine counts: in fixed windows, or over the last so many seconds at any moment. */
export type QuotaSettings = { requests: number; windowMs: number; kind: 'fixed' | 'sliding' };

export type QuotaState = { granted: boolean; limit: number; remaining: number; resetAt: number };

export type Quota = {
  /**
   * One request of ours. `othersShare`: which part of the quota other senders have spent, evenly, since the last one.
   */
  take(now: number, limit: number, othersShare: number): QuotaState;
};

/** A quota that counts what it grants; what it refuses costs nothing. */
export function createQuota(
  { windowMs, kind }: Pick<QuotaSettings, 'windowMs' | 'kind'>,
  start: number,
): Quota {
  const spending = kind === 'fixed' ? fixedWindow(windowMs) : slidingWindow(windowMs);
  let last = start;
  let owedToOthers = 0;

  return {
    take: (now, limit, othersShare) => {
      owedToOthers += (Math.min(now - last, windowMs) * othersShare * limit) / windowMs;
      last = now;
      const others = Math.min(Math.floor(owedToOthers), limit - spending.countSpent(now));
      if (others > 0) spending.spend(now, others);
      owedToOthers -= Math.floor(owedToOthers);
      const granted = spending.countSpent(now) < limit;
      if (granted) spending.spend(now, 1);
      return {
        granted,
        limit,
        remaining: Math.max(0, limit - spending.countSpent(now)),
        resetAt: spending.resetAt(now),
      };
    },
  };
}

type Spending = {
  countSpent(now: number): number;
  spend(now: number, requests: number): void;
  /** When at least one more request is possible, if none is now. */
  resetAt(now: number): number;
};

function fixedWindow(windowMs: number): Spending {
  let window = 0;
  let requests = 0;
  const countSpent = (now: number) => {
    const current = Math.floor(now / windowMs);
    if (current !== window) requests = 0;
    window = current;
    return requests;
  };
  return {
    countSpent,
    spend: (now, more) => {
      requests = countSpent(now) + more;
    },
    resetAt: (now) => (Math.floor(now / windowMs) + 1) * windowMs,
  };
}

function slidingWindow(windowMs: number): Spending {
  let log: { at: number; requests: number }[] = [];
  let first = 0;
  let requests = 0;
  const countSpent = (now: number) => {
    for (let entry = log[first]; entry && entry.at + windowMs <= now; entry = log[first]) {
      requests -= entry.requests;
      first += 1;
    }
    if (first > 10_000) {
      log = log.slice(first);
      first = 0;
    }
    return requests;
  };
  return {
    countSpent,
    spend: (now, more) => {
      log.push({ at: now, requests: more });
      requests += more;
    },
    resetAt: (now) => (log[first]?.at ?? now) + windowMs,
  };
}
