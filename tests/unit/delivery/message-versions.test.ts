import { expect, test } from '@jest/globals';
import { createSettlement } from '../../../lib/delivery/settlement.ts';
import {
  createMessage,
  fakeQueue,
  fakeSalesmachine,
  OK,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

function setUp() {
  const time = createVirtualTime(START);
  const queue = fakeQueue();
  const salesmachine = fakeSalesmachine(time, () => OK);
  const ports = { queue, salesmachine, clock: time, random: () => 0.5, log: recordingLog() };
  return { settlement: createSettlement(SETTINGS, ports), queue };
}

test.each(['1', undefined])('a message of version %s is delivered, today and by later workers', (version) => {
  const { settlement } = setUp();
  expect(
    settlement.register(createMessage(track('u1'), { attributes: { version } }))?.operations,
  ).toHaveLength(1);
});

test('a message of a later version goes back to the queue, and so does what is behind it', async () => {
  const { settlement, queue } = setUp();
  const later = createMessage(track('u1'), { attributes: { version: '2' } });
  const behind = createMessage(track('u1'));
  const neighbour = createMessage(track('u2'));

  expect(settlement.register(later)).toBeUndefined();
  const follower = settlement.register(behind);
  expect(follower && settlement.isGroupFailed(follower)).toBe(true);
  settlement.markDelivered(settlement.register(neighbour)?.operations ?? []);
  await settlement.settleDone();

  const left = await settlement.releaseRest(0);
  expect(left.map(({ sqsMessageId: messageId }) => messageId)).toEqual([
    later.sqsMessageId,
    behind.sqsMessageId,
  ]);
  expect(queue.calls).toContain(`remove ${neighbour.sqsMessageId}`);
});
