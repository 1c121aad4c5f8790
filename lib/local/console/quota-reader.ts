import type { ApiResult } from '../../salesmachine/client.ts';
import type { QuotaUsage } from './protocol.ts';

/** The quota as Salesmachine's latest answer told it; an answer without these headers tells nothing new. */
export function createQuotaReader(now: () => number) {
  let usage: QuotaUsage | null = null;
  return {
    read(result: ApiResult): void {
      if (result.kind !== 'response') return;
      const readNumber = (name: string) => Number(result.headers[`x-ratelimit-${name}`] || Number.NaN);
      const [limit, remaining, reset] = [readNumber('limit'), readNumber('remaining'), readNumber('reset')];
      if (!Number.isFinite(limit) || !Number.isFinite(remaining) || !Number.isFinite(reset)) return;
      usage = { limit, remaining, resetsAt: reset * 1_000 };
    },
    /** Null until there was an answer; once the window is over, all of the quota is there again. */
    usage: (): QuotaUsage | null =>
      usage && usage.resetsAt <= now() ? { ...usage, remaining: usage.limit } : usage,
  };
}
