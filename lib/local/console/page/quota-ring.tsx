import type { QuotaUsage } from '../protocol.ts';
import { formatCountdown, formatNumber } from './format.ts';

type Props = { quota: QuotaUsage | null; now: number; throttled: number };

/** How much of the quota is used, and when it is new. */
export function QuotaRing({ quota, now, throttled }: Props) {
  const limit = quota?.limit ?? 0;
  const used = quota ? Math.max(0, quota.limit - quota.remaining) : 0;
  const share = limit > 0 ? Math.min(100, (used / limit) * 100) : 0;
  const isNew = quota === null || quota.resetsAt <= now;
  return (
    <div class="quota">
      <svg viewBox="0 0 36 36" role="img" aria-label={`Quota: ${used} of ${limit} requests used`}>
        <circle class="track" cx="18" cy="18" r="15.4" />
        <circle class="used" cx="18" cy="18" r="15.4" pathLength={100} stroke-dasharray={`${share} 100`} />
        <text class="value" x="18" y="18.6">
          {formatNumber(used)}
        </text>
        <text class="of" x="18" y="23.6">
          {limit > 0 ? `of ${formatNumber(limit)}` : 'requests'}
        </text>
      </svg>
      <p class="sub">{isNew ? 'quota, all left' : `quota, new in ${formatCountdown(quota.resetsAt, now)}`}</p>
      <p class="sub">
        <b class={throttled > 0 ? 'warn' : 'good'}>{formatNumber(throttled)}</b> answers of 429
      </p>
    </div>
  );
}
