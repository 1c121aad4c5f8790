export type Limit = { requests: number; windowSeconds: number };

/** Whether the request goes beyond the quota, and the headers that tell how much of it is left. */
export type QuotaCheck = { exceeded: boolean; headers: Record<string, string> };

/**
 * Salesmachine's rate limit. It documents the headers, and that 429 is the answer beyond it. A fixed window that starts
 * with its first request is our reading; a refused request uses nothing up.
 */
export function createQuota(limit: Limit, now: () => number): { take(): QuotaCheck } {
  let endsAt = Number.NEGATIVE_INFINITY;
  let used = 0;

  return {
    take() {
      if (now() >= endsAt) {
        endsAt = now() + limit.windowSeconds * 1_000;
        used = 0;
      }
      const exceeded = used >= limit.requests;
      if (!exceeded) used += 1;
      return {
        exceeded,
        headers: {
          'x-ratelimit-limit': String(limit.requests),
          'x-ratelimit-remaining': String(limit.requests - used),
          'x-ratelimit-reset': String(Math.ceil(endsAt / 1_000)),
        },
      };
    },
  };
}
