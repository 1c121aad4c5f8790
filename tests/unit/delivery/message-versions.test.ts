import { expect, test } from '@jest/globals';
import { createSettlement } from '../../../lib/delivery/settlement.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import { createMessage, fakeQueue, registerMessage, START, track } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

function setUp() {
  const time = createVirtualTime(START);
  const queue = fakeQueue();
  const ports = { queue, clock: time, random: () => 0.5, log: recordingLog() };
  const settlement = createSettlement(ports);
  const register = (message: ReceivedMessage) => registerMessage(settlement, message, ports);
  return { settlement, register, queue };
}

test.each(['1', undefined])('a message of version %s is delivered, today and by later workers', (version) => {
  const { register } = setUp();
  expect(register(createMessage(track('u1'), { attributes: { version } }))?.operations).toHaveLength(1);
});

test('a message of a later version goes back to the queue, and so does what is behind it', async () => {
  const { settlement, register, queue } = setUp();
  const later = createMessage(track('u1'), { attributes: { version: '2' } });
  const behind = createMessage(track('u1'));
  const neighbour = createMessage(track('u2'));

  expect(register(later)).toBeUndefined();
  const follower = register(behind);
  expect(follower && settlement.isGroupFailed(behind)).toBe(true);
  settlement.markDelivered(register(neighbour)?.operations ?? []);
  await settlement.settleDone();

  const left = await settlement.releaseRest(0);
  expect(left.map(({ message }) => message.sqsMessageId)).toEqual([later.sqsMessageId, behind.sqsMessageId]);
  expect(queue.calls).toContain(`delete ${neighbour.sqsMessageId}`);
});
