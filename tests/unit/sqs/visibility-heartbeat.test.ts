import { expect, test } from '@jest/globals';
import type { MessageHandle } from '../../../lib/sqs/sqs-commands.ts';
import { createVisibilityHeartbeat } from '../../../lib/sqs/visibility-heartbeat.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const handle = (id: string): MessageHandle => ({ sqsMessageId: id, receiptHandle: `receipt of ${id}` });

/** A heartbeat of 45 s, and each change of visibility: when it began, which messages, for how many seconds. */
function setUp(callMs = 1) {
  const time = createVirtualTime(0);
  const changes: [at: number, ids: string, seconds: number | undefined][] = [];
  const heartbeat = createVisibilityHeartbeat(45, {
    clock: time,
    async changeVisibility(messages) {
      const ids = messages.map(({ message }) => message.sqsMessageId).join();
      changes.push([Math.round(time.now() / 1_000), ids, messages[0]?.seconds]);
      await time.sleep(callMs);
    },
  });
  return { time, changes, heartbeat };
}

test('messages are kept invisible: three times in their visibility time-out it is extended', async () => {
  const { time, changes, heartbeat } = setUp();
  heartbeat.add([handle('a'), handle('b')]);
  await time.run(40_000);
  heartbeat.remove([handle('a')]);
  expect(heartbeat.size()).toBe(1);
  await time.run(50_000);
  expect(changes).toEqual([
    [15, 'a,b', 45],
    [30, 'a,b', 45],
    [45, 'b', 45],
  ]);
});

test('at the end all are visible at once, and none is extended any more', async () => {
  const { time, changes, heartbeat } = setUp();
  heartbeat.add([handle('a')]);
  await time.run(10_000);
  const stopped = heartbeat.stop();
  await time.run(100_000);
  await stopped;
  expect(changes).toEqual([[10, 'a', 0]]);
});

test('an extension that is under way comes first: it would make released messages invisible again', async () => {
  const { time, changes, heartbeat } = setUp(2_000);
  heartbeat.add([handle('a')]);
  await time.run(16_000);
  const stopped = heartbeat.stop();
  await time.run(30_000);
  await stopped;
  expect(changes).toEqual([
    [15, 'a', 45],
    [17, 'a', 0],
  ]);
});
