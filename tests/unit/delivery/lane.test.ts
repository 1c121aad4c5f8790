import { describe, expect, test } from '@jest/globals';
import { createLane } from '../../../lib/delivery/lane.ts';
import type { Random } from '../../../lib/runtime/random.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import {
  createMessage,
  createResponse,
  fakeQueue,
  fakeSalesmachine,
  OK,
  type Request,
  runToEnd,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const FUNCTION_MS = 90_000;

type Options = {
  answer?: (request: Request, index: number) => ApiResult;
  latencyMs?: number;
  /** What the queue gives when it is asked for so many. */
  receive?: (max: number) => ReceivedMessage[];
  random?: Random;
};

/** A lane with one slot a second, and what came of one invocation. */
async function runLane(
  messages: readonly ReceivedMessage[],
  { answer = () => OK, latencyMs = 100, receive = () => [], random = () => 0.5 }: Options = {},
) {
  const time = createVirtualTime(START);
  const salesmachine = fakeSalesmachine(time, answer, latencyMs);
  const asked: { max: number; visibilitySeconds: number }[] = [];
  const queue = {
    ...fakeQueue(),
    async receive(max: number, visibilitySeconds: number) {
      asked.push({ max, visibilitySeconds });
      return receive(max);
    },
  };
  const ports = { queue, salesmachine, clock: time, random, log: recordingLog() };
  let endedAt = Number.NaN;
  const delivery = createLane(SETTINGS, ports)
    .deliver(messages, START + FUNCTION_MS)
    .finally(() => {
      endedAt = (time.now() - START) / 1_000;
    });
  const left = await runToEnd(time, delivery);
  const { requests } = salesmachine;
  return {
    left,
    requests,
    asked,
    queue,
    endedAt,
    sizes: requests.map(({ operations }) => operations.length),
  };
}

let users = 0;
const ofUser = (userId: string, changes: Partial<ReceivedMessage> = {}) =>
  createMessage(track(userId), changes);
const someUsers = (count: number) =>
  Array.from({ length: count }, () => {
    users += 1;
    return ofUser(`user-${users}`);
  });

describe('a lane that is handed', () => {
  test('a few messages sends them at once in one request, and asks the queue for nothing', async () => {
    const { left, sizes, asked, endedAt } = await runLane(someUsers(4));
    expect(sizes).toEqual([4]);
    expect(asked).toEqual([]);
    expect(left).toEqual(new Set());
    expect(endedAt).toBe(0.1);
  });

  test('ten fills the request with what else the queue has, hidden for as long as it may run', async () => {
    const waiting = someUsers(250);
    const { left, sizes, asked } = await runLane(someUsers(10), {
      receive: (max) => waiting.splice(0, max),
    });
    expect(sizes).toEqual([100]);
    expect(waiting).toHaveLength(160);
    expect(left).toEqual(new Set());
    expect(asked[0]).toEqual({ max: 10, visibilitySeconds: 105 });
    expect(Math.max(...asked.map(({ max }) => max))).toBe(10);
  });
});

describe('requests to an API that takes long to answer', () => {
  const endless = { receive: someUsers, latencyMs: 9_000 };

  test('go out slot after slot, four at a time and no more', async () => {
    const { requests } = await runLane(someUsers(10), endless);
    const startedAt = requests.map(({ at }) => at);
    const out = startedAt.map((at) => startedAt.filter((other) => other <= at && at < other + 9).length);
    expect(Math.max(...out)).toBe(4);
    expect(startedAt.slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  test('wait for one another where they are about the same user, whose events keep their order', async () => {
    const messages = [...someUsers(9), ofUser('slow')];
    const later = ofUser('slow');
    const given = [[], [later]];
    const { requests } = await runLane(messages, { latencyMs: 5_000, receive: () => given.shift() ?? [] });
    const slow = requests.filter(({ operations }) => JSON.stringify(operations).includes('"slow"'));
    expect(slow.map(({ operations, at }) => [operations.length, at])).toEqual([
      [10, 0],
      [1, 5],
    ]);
  });
});

test('a lane takes on nothing more 20 seconds after its first request, and ends when the last is answered', async () => {
  const { requests, left, endedAt } = await runLane(someUsers(10), {
    receive: someUsers,
    latencyMs: 1_500,
  });
  expect(requests.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, second) => second));
  expect(left).toEqual(new Set());
  expect(endedAt).toBe(20.5);
});

test('while the quota is spent a lane holds its messages, and releases them to come back when the window ends', async () => {
  const { requests, left, queue, endedAt, asked } = await runLane(someUsers(10), {
    answer: () => createResponse(429, '', { 'retry-after': '200' }),
  });
  expect(requests).toHaveLength(1);
  expect(left.size).toBe(10);
  expect(endedAt).toBeLessThanOrEqual(60);
  const returnsAt = [...queue.released.values()].map((seconds) => endedAt + seconds);
  expect(returnsAt).toHaveLength(10);
  for (const at of returnsAt) {
    expect(at).toBeGreaterThanOrEqual(200);
    expect(at).toBeLessThan(230);
  }
  // While it holds, the backlog stays in the queue.
  expect(asked).toHaveLength(1);
});

describe('what was received before, so that it may be what ended a worker,', () => {
  test('is read only when nothing else is on its way', async () => {
    const suspect = ofUser('suspect', { receiveCount: 2 });
    const behind = ofUser('suspect');
    const { sizes, requests, left } = await runLane([suspect, behind, ...someUsers(3)]);
    expect(sizes).toEqual([3, 2]);
    expect(JSON.stringify(requests[0]?.operations)).not.toContain('"suspect"');
    expect(left).toEqual(new Set());
  });

  test('is hidden for a time of its own before, longer than the invocation, and the rest is not', async () => {
    const suspects = Array.from({ length: 5 }, (_, user) => ofUser(`suspect-${user}`, { receiveCount: 2 }));
    const { queue } = await runLane([...suspects, ...someUsers(3)], { random: seededRandom(1, 'lane') });
    const hiddenFor = [...queue.released.values()];
    expect([...queue.released.keys()]).toEqual(suspects.map(({ sqsMessageId }) => sqsMessageId));
    expect(new Set(hiddenFor).size).toBe(suspects.length);
    expect(Math.min(...hiddenFor)).toBeGreaterThan(FUNCTION_MS / 1_000);
  });

  test('does not wait for a batch that fails again and again', async () => {
    const suspect = ofUser('suspect', { receiveCount: 2 });
    const { requests } = await runLane([ofUser('unlucky'), suspect], {
      answer: ({ operations }) =>
        JSON.stringify(operations).includes('"unlucky"') ? createResponse(500) : OK,
    });
    const isDelivered = requests.findIndex(({ operations }) =>
      JSON.stringify(operations).includes('"suspect"'),
    );
    expect(isDelivered).toBeGreaterThan(0);
    expect(isDelivered).toBeLessThan(requests.length - 1);
  });
});

test('where our own code throws for a request, its users wait, also what comes later of them, and no other does', async () => {
  const [first, second, neighbour] = [ofUser('thrown'), ofUser('thrown'), ofUser('neighbour')];
  let sent = 0;
  const arrivals = new Map([
    [1, [first]],
    [2, [second, neighbour]],
  ]);
  const { requests, left } = await runLane(someUsers(10), {
    answer({ operations }) {
      sent += 1;
      if (JSON.stringify(operations).includes('thrown')) throw new TypeError('a bug of ours');
      return OK;
    },
    receive() {
      const arrived = arrivals.get(sent) ?? [];
      arrivals.delete(sent);
      return arrived;
    },
    latencyMs: 3_000,
  });
  const contacts = requests.map(({ operations }) =>
    operations.flatMap((operation) => (operation.method === 'event' ? operation.contact_uid : [])),
  );
  expect(contacts.slice(1)).toEqual([['thrown'], ['neighbour']]);
  expect(left).toEqual(new Set([first.sqsMessageId, second.sqsMessageId]));
});
