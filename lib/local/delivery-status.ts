import type { LaneStatus } from '../delivery/status.ts';
import type { DeliveryStatus } from './api-schema.ts';

/**
 * The status of all lanes as one. What holds delivery is what has held a lane for longest while no lane delivered, for
 * they share one Salesmachine. The last delivery, the quota that is left and the retries are those of all lanes.
 *
 * @param requests how long Salesmachine took for the last answer, and the requests that have failed in a row
 */
export function combineLaneStatuses(
  lanes: readonly LaneStatus[],
  requests: Pick<DeliveryStatus, 'lastRequestMs' | 'failing'>,
): DeliveryStatus | undefined {
  const lastDeliveredAt = pick(
    Math.max,
    lanes.map((lane) => lane.lastDeliveredAt),
  );
  const held = lanes.filter(({ cause }) => cause !== null).toSorted(bySince);
  const shown = held.find(({ since }) => (since ?? 0) > (lastDeliveredAt ?? 0)) ?? held[0] ?? lanes[0];
  if (shown === undefined) return undefined;
  const retries = lanes.map(({ retrying }) => retrying);
  return {
    ...shown,
    lanes: { held: held.length, total: lanes.length },
    lastDeliveredAt,
    ...requests,
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

const bySince = (a: LaneStatus, b: LaneStatus) => (a.since ?? 0) - (b.since ?? 0);

/** The least or the greatest of those that are known. */
function pick(choose: (...values: number[]) => number, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : choose(...known);
}
