import { expect, test } from '@jest/globals';
import { createLane } from '../../../lib/delivery/lane.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import {
  createMessage,
  createResponse,
  fakeQueue,
  fakeSalesmachine,
  OK,
  runToEnd,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** A lane whose API is down until that second; each `deliver` is one invocation. */
function setUpLane(upAfterSeconds: number) {
  const time = createVirtualTime(START);
  const salesmachine = fakeSalesmachine(time, ({ at }) => (at < upAfterSeconds ? createResponse(503) : OK));
  const queue = fakeQueue();
  const ports = { queue, salesmachine, clock: time, random: () => 0.5, log: recordingLog() };
  const lane = createLane(SETTINGS, ports);
  const deliver = (...messages: ReceivedMessage[]) =>
    runToEnd(time, lane.deliver(messages, time.now() + 90_000));
  return { time, queue, deliver, requests: salesmachine.requests };
}

test('what a lane released in an outage comes back when that is over; what it released before does not', async () => {
  const { queue, deliver } = setUpLane(50);
  // Left to a later version of the worker.
  const before = createMessage(track('before'), { attributes: { version: '2' }, sentAt: START - 3_600_000 });
  const during = createMessage(track('during'));
  await deliver(before);
  await deliver(during);
  const [beforeSeconds, duringSeconds] = queue.released.values();
  expect(beforeSeconds).toBeGreaterThan(70);
  expect(duringSeconds).toBeGreaterThan(0);

  expect(await deliver(createMessage(track('after')))).toEqual(new Set());
  expect([...queue.released.values()]).toEqual([beforeSeconds, 0]);
});

test.each([
  ['share a request after an outage that came a moment later', 0, [2]],
  ['still go alone after an outage that came half a minute later', 30, [1]],
])('events that failed alone %s', async (_, outageAfterSeconds, sizes) => {
  const { time, deliver, requests } = setUpLane(10 + outageAfterSeconds);
  const failed = ['a', 'b'].map((userId) =>
    createMessage(track(userId), { receiveCount: 2, sentAt: START + 1 }),
  );
  await deliver(...failed);
  await time.run(START + outageAfterSeconds * 1_000);
  expect(await deliver(createMessage(track('another')))).toEqual(new Set());
  const sent = requests.length;
  await time.run(START + 300_000);
  await deliver(...failed);
  expect(requests.slice(sent).map(({ operations }) => operations.length)).toEqual(sizes);
});
