import type { ApiResult } from '../../salesmachine/client.ts';
import type { QuotaUsage } from './protocol.ts';

/**
 * The quota as Salesmachine's latest answer told it; an answer without these headers tells nothing new.
 *
 * @param limit the quota's requests as they are configured, until there is an answer
 */
export function createQuotaReader(limit: number, now: () => number) {
  let usage: QuotaUsage = { limit, remaining: limit, resetsAt: 0 };
  return {
    read(result: ApiResult): void {
      if (result.kind !== 'response') return;
      const readNumber = (name: string) => Number(result.headers[`x-ratelimit-${name}`] || Number.NaN);
      const [limit, remaining, reset] = [readNumber('limit'), readNumber('remaining'), readNumber('reset')];
      if (!Number.isFinite(limit) || !Number.isFinite(remaining) || !Number.isFinite(reset)) return;
      usage = { limit, remaining, resetsAt: reset * 1_000 };
    },
    /** Once the window is over, all of the quota is there again. */
    usage: (): QuotaUsage => (usage.resetsAt <= now() ? { ...usage, remaining: usage.limit } : usage),
  };
}
