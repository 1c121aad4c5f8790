import type { DeliveryStatus } from './api-schema.ts';

/**
 * What holds delivery, of all lanes together: of those that are held, the one that is held for longest, for they share
 * one Salesmachine; and what all of them delivered, have left of the quota, and will retry.
 */
export function combineLaneStatuses(lanes: readonly DeliveryStatus[]): DeliveryStatus | undefined {
  const held = lanes.filter(({ cause }) => cause !== null).toSorted(bySince);
  const [shown = lanes[0]] = held;
  if (shown === undefined) return undefined;
  const retries = lanes.flatMap(({ retrying }) => (retrying ? [retrying] : []));
  return {
    ...shown,
    lastDeliveredAt: pick(
      Math.max,
      lanes.map(({ lastDeliveredAt }) => lastDeliveredAt),
    ),
    quotaRemaining: pick(
      Math.min,
      lanes.map(({ quotaRemaining }) => quotaRemaining),
    ),
    retrying: {
      messages: retries.reduce((sum, { messages }) => sum + messages, 0),
      nextAt: pick(
        Math.min,
        retries.map(({ nextAt }) => nextAt),
      ),
    },
  };
}

const bySince = (a: DeliveryStatus, b: DeliveryStatus) => (a.since ?? 0) - (b.since ?? 0);

/** The least or the greatest of those that are known. */
function pick(choose: (...values: number[]) => number, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : choose(...known);
}
