import { expect, test } from '@jest/globals';
import type { LaneStatus } from '../../../lib/delivery/status.ts';
import { combineLaneStatuses } from '../../../lib/local/delivery-status.ts';

/** Of a run without a request. */
const none = { lastRequestMs: null, failing: null };

const delivering: LaneStatus = {
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
  const held: LaneStatus = {
    ...delivering,
    state: 'open',
    cause: 'outage',
    status: 503,
    since: 2_000,
    nextTryAt: 9_000,
  };
  const longer: LaneStatus = { ...held, status: 500, since: 1_000 };
  expect(combineLaneStatuses([delivering, held, longer], none)).toMatchObject({
    state: 'open',
    cause: 'outage',
    status: 500,
    since: 1_000,
    lanes: { held: 2, total: 3 },
  });
  // What has held since before a delivery is less than what has held since then.
  const { cause, since } = combineLaneStatuses([{ ...held, lastDeliveredAt: 1_500 }, longer], none) ?? {};
  expect({ cause, since }).toEqual({ cause: 'outage', since: 2_000 });
  // It is shown all the same, beside how many lanes it is that are held.
  expect(combineLaneStatuses([{ ...delivering, lastDeliveredAt: 5_000 }, held], none)).toMatchObject({
    cause: 'outage',
    since: 2_000,
    lanes: { held: 1, total: 2 },
  });
});

test('deliveries, quota, retries and requests are those of all lanes', () => {
  const lanes: LaneStatus[] = [
    { ...delivering, lastDeliveredAt: 5_000, quotaRemaining: 800, retrying: { messages: 2, nextAt: 9_000 } },
    { ...delivering, lastDeliveredAt: 6_000, quotaRemaining: 790, retrying: { messages: 1, nextAt: 8_000 } },
    delivering,
  ];
  const requests = {
    lastRequestMs: 320,
    failing: { requests: 2, since: 7_000, status: 503, text: 'Salesmachine answered 503' },
  };
  expect(combineLaneStatuses(lanes, requests)).toEqual({
    ...delivering,
    ...requests,
    lanes: { held: 0, total: 3 },
    lastDeliveredAt: 6_000,
    quotaRemaining: 790,
    retrying: { messages: 3, nextAt: 8_000 },
  });
});

test('without lanes nothing is known', () => {
  expect(combineLaneStatuses([], none)).toBeUndefined();
});
