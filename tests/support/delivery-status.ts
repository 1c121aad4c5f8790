import type { DeliveryStatus } from '../../lib/local/api-schema.ts';

/** Of two lanes that deliver. */
export const DELIVERING: DeliveryStatus = {
  state: 'closed',
  cause: null,
  status: null,
  text: null,
  lanes: { held: 0, total: 2 },
  since: null,
  nextTryAt: null,
  lastDeliveredAt: 1,
  lastRequestMs: 100,
  quotaRemaining: 900,
  retrying: { messages: 0, nextAt: null },
  failing: null,
};
