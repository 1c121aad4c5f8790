import type { QuotaUsage } from '../protocol.ts';
import { formatCountdown, formatNumber } from './format.ts';

type Props = { quota: QuotaUsage; now: number; throttled: number };

/** How much of the quota is used, and when there is a new one. */
export function QuotaRing({ quota, now, throttled }: Props) {
  const { limit, resetsAt } = quota;
  const used = Math.max(0, limit - quota.remaining);
  const share = limit > 0 ? Math.min(100, (used / limit) * 100) : 0;
  return (
    <div class="quota">
      <svg viewBox="0 0 36 36" role="img" aria-label={`Quota: ${used} of ${limit} requests used`}>
        <circle class="track" cx="18" cy="18" r="15.4" />
        {share > 0 && (
          <circle class="used" cx="18" cy="18" r="15.4" pathLength={100} stroke-dasharray={`${share} 100`} />
        )}
        <text class="value" x="18" y="18.6">
          {formatNumber(used)}
        </text>
        <text class="of" x="18" y="23.6">
          of {formatNumber(limit)}
        </text>
      </svg>
      <p class="sub">
        requests used
        {resetsAt > now && (
          <>
            , new quota in <span class="nowrap">{formatCountdown(resetsAt, now)}</span>
          </>
        )}
      </p>
      <p class="sub" title="Answers of 429, too many requests">
        exceeded <b class={throttled > 0 ? 'warn' : 'good'}>{formatNumber(throttled)}</b>{' '}
        {throttled === 1 ? 'time' : 'times'}
      </p>
    </div>
  );
}
