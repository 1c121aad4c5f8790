export type Limit = { requests: number; windowSeconds: number };

/** Whether the request goes beyond the quota, and the headers that tell how much of it is left. */
export type QuotaCheck = { exceeded: boolean; headers: Record<string, string> };

/** How much of the quota the current window has used. `resetsAt` in milliseconds since the epoch, past: no window. */
export type QuotaUsage = Limit & { used: number; resetsAt: number };

export type Quota = {
  /** Counts a request. */
  take(): QuotaCheck;
  usage(): QuotaUsage;
  /** The quota from now on: for practice. */
  setLimit(limit: Limit): void;
};

/**
 * Salesmachine's rate limit. It documents the headers, and that 429 is the answer beyond it. A fixed window that starts
 * with its first request is our reading; a refused request uses nothing up.
 */
export function createQuota(initialLimit: Limit, now: () => number): Quota {
  let limit = initialLimit;
  let startedAt = Number.NEGATIVE_INFINITY;
  let used = 0;

  const resetsAt = () => startedAt + limit.windowSeconds * 1_000;

  return {
    take() {
      if (now() >= resetsAt()) {
        startedAt = now();
        used = 0;
      }
      const exceeded = used >= limit.requests;
      if (!exceeded) used += 1;
      return {
        exceeded,
        headers: {
          'x-ratelimit-limit': String(limit.requests),
          'x-ratelimit-remaining': String(Math.max(0, limit.requests - used)),
          'x-ratelimit-reset': String(Math.ceil(resetsAt() / 1_000)),
        },
      };
    },
    usage: () => ({ ...limit, used: now() < resetsAt() ? used : 0, resetsAt: resetsAt() }),
    setLimit(newLimit) {
      limit = newLimit;
    },
  };
}
