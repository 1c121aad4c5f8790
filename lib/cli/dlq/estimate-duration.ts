import type { DryRunReport } from '../../dead-letters/dry-run.ts';
import { MAX_OPERATIONS } from '../../delivery/request.ts';
import type { WorkerSettings } from '../stage/worker-settings.ts';

/**
 * About how many seconds a replay takes, at its own rate (dead letters a second) or at the quota's, whichever is
 * slower. Alias calls that are sent alone take a request each.
 */
export function estimateDuration(
  { wouldReplay, operations, aliases }: Pick<DryRunReport, 'wouldReplay' | 'operations' | 'aliases'>,
  rate: number,
  { mapping, quota }: WorkerSettings,
): number {
  const aliasRequests = mapping.alias === 'single' ? aliases : 0;
  const requests = aliasRequests + Math.ceil((operations - aliasRequests) / MAX_OPERATIONS);
  const requestsPerSecond = (quota.requests * quota.share) / quota.windowSeconds;
  return Math.max(wouldReplay / rate, requests / requestsPerSecond);
}
