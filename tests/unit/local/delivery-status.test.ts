import { expect, test } from '@jest/globals';
import type { DeliveryStatus } from '../../../lib/local/api-schema.ts';
import { combineLaneStatuses } from '../../../lib/local/delivery-status.ts';

const delivering: DeliveryStatus = {
  state: 'closed',
  cause: null,
  status: null,
  text: null,
  since: null,
  nextTryAt: null,
  lastDeliveredAt: null,
  quotaRemaining: null,
  retrying: { messages: 0, nextAt: null },
};

test('a lane that is held is what holds delivery, whatever the others do', () => {
  const held: DeliveryStatus = {
    ...delivering,
    state: 'open',
    cause: 'outage',
    status: 503,
    since: 2_000,
    nextTryAt: 9_000,
  };
  const longer: DeliveryStatus = { ...held, status: 500, since: 1_000 };
  expect(combineLaneStatuses([delivering, held, longer])).toMatchObject({
    state: 'open',
    cause: 'outage',
    status: 500,
    since: 1_000,
  });
});

test('deliveries, quota and retries are those of all lanes', () => {
  const lanes: DeliveryStatus[] = [
    { ...delivering, lastDeliveredAt: 5_000, quotaRemaining: 800, retrying: { messages: 2, nextAt: 9_000 } },
    { ...delivering, lastDeliveredAt: 6_000, quotaRemaining: 790, retrying: { messages: 1, nextAt: 8_000 } },
    delivering,
  ];
  expect(combineLaneStatuses(lanes)).toEqual({
    ...delivering,
    lastDeliveredAt: 6_000,
    quotaRemaining: 790,
    retrying: { messages: 3, nextAt: 8_000 },
  });
});

test('without lanes nothing is known', () => {
  expect(combineLaneStatuses([])).toBeUndefined();
});
