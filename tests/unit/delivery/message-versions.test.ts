import { expect, test } from '@jest/globals';
import { createLedger } from '../../../lib/delivery/settlement.ts';
import { createVirtualTime } from '../../simulation/virtual-time.ts';
import {
  fakeQueue,
  fakeSalesmachine,
  messageOf,
  OK,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';

function setUp() {
  const time = createVirtualTime(START);
  const queue = fakeQueue();
  const salesmachine = fakeSalesmachine(time, () => OK);
  const ports = { queue, salesmachine, clock: time, random: () => 0.5, log: recordingLog() };
  return { ledger: createLedger(SETTINGS, ports), queue };
}

test.each(['1', undefined])('a message of version %s is delivered, today and by later workers', (version) => {
  const { ledger } = setUp();
  expect(ledger.take(messageOf(track('u1'), { attributes: { version } }))?.parts).toHaveLength(1);
});

test('a message of a later version goes back to the queue, and so does what is behind it', async () => {
  const { ledger, queue } = setUp();
  const later = messageOf(track('u1'), { attributes: { version: '2' } });
  const behind = messageOf(track('u1'));
  const neighbour = messageOf(track('u2'));

  expect(ledger.take(later)).toBeUndefined();
  const held = ledger.take(behind);
  expect(held && ledger.hasFailed(held)).toBe(true);
  ledger.delivered(ledger.take(neighbour)?.parts ?? []);
  await ledger.flush();

  const left = await ledger.close(0);
  expect(left.map(({ messageId }) => messageId)).toEqual([later.messageId, behind.messageId]);
  expect(queue.calls).toContain(`remove ${neighbour.messageId}`);
});
