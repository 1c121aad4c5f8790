import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import { createAcceleratedClock } from '../support/accelerated-clock.ts';
import { startTestIngest, type TestIngest } from '../support/ingest.ts';
import { type CallResult, type SendCall, type SqsProxy, startSqsProxy } from '../support/sqs-proxy.ts';

const proxies: SqsProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop();
});

type Setup = TestIngest & {
  proxy: SqsProxy;
  /** Every call ends like this from now on; and the ingest's deadline passes in a fifth of a second. */
  breakDown(resultFor: (call: SendCall) => CallResult): void;
  /** Every call that is sent from now on passes, and time is the usual. */
  recover(): Promise<void>;
};

/** The ingest with a proxy between it and SQS. */
async function setUp(): Promise<Setup> {
  const clock = createAcceleratedClock();
  const started = Promise.withResolvers<SqsProxy>();
  const ingest = await startTestIngest({
    clock,
    async endpointOf(queues) {
      const proxy = await startSqsProxy(queues.endpoint);
      proxies.push(proxy);
      started.resolve(proxy);
      return proxy.endpoint;
    },
  });
  const proxy = await started.promise;
  return {
    ...ingest,
    proxy,
    breakDown(resultFor) {
      proxy.decide(resultFor);
      clock.accelerate(20);
    },
    async recover() {
      await proxy.arrivals();
      proxy.decide(() => 'passed');
      clock.accelerate(1);
    },
  };
}

type TestEvent = { type: 'track'; userId: string; event: string; messageId: string };

let made = 0;

/** So many events, each user in turn; unlike any that were made before. */
function eventsOf(count: number, users: number): TestEvent[] {
  made += 1;
  return Array.from({ length: count }, (_, index) => ({
    type: 'track',
    userId: `user ${index % users}`,
    event: 'Order Completed',
    messageId: `${made}-${index}`,
  }));
}

const byUser = <T>(items: readonly T[], eventOf: (item: T) => TestEvent): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(items, (item) => eventOf(item).userId)].map(([userId, own]) => [
      userId,
      own.map((item) => eventOf(item).messageId),
    ]),
  );

/** Every event once, and each user's in the order in which they were posted. */
function expectAllInOrder(queued: readonly ReceivedMessage[], events: readonly TestEvent[]): void {
  expect(byUser(queued, ({ body }) => JSON.parse(body))).toEqual(byUser(events, (event) => event));
}

const isOneOf = (events: readonly TestEvent[]) => {
  const ids = new Set(events.map(({ messageId }) => messageId));
  return ({ body }: ReceivedMessage) => ids.has(JSON.parse(body).messageId);
};

async function expectAccepted(response: Response, accepted: number, deadLettered = 0): Promise<void> {
  expect(await response.json()).toMatchObject({ accepted, deadLettered, skipped: 0 });
  expect(response.status).toBe(200);
}

async function expectRetryRequested(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ message: expect.stringContaining('try again') });
}

const failEntries = (call: SendCall, isFailed: (body: string) => boolean): CallResult => ({
  failed: call.Entries.filter(({ MessageBody }) => isFailed(MessageBody)).map(({ Id }) => Id),
});

const single: readonly Exclude<CallResult, object>[] = ['failed', 'cut', 'lost', 'held', 'stalled'];

describe('a fault that passes', () => {
  test('one entry of ten is refused: every event is queued once, and each user in order', async () => {
    const { proxy, post, queued } = await setUp();
    let seen = 0;
    let failedCount = 0;
    proxy.decide((call) =>
      failEntries(call, () => {
        seen += 1;
        const isTenth = seen % 10 === 0;
        if (isTenth) failedCount += 1;
        return isTenth;
      }),
    );
    const events = eventsOf(200, 20);
    await expectAccepted(await post(events), 200);
    expect(failedCount).toBeGreaterThanOrEqual(20);
    expectAllInOrder(await queued(), events);
  });

  test.each(single)('the first two calls are %s: every event is queued once, in order', async (result) => {
    const { proxy, post, queued } = await setUp();
    proxy.decide(() => (proxy.sendCalls.length <= 2 ? result : 'passed'));
    const events = eventsOf(40, 20);
    await expectAccepted(await post(events), 40);
    expect(proxy.sendCalls.length).toBeGreaterThan(4);
    expectAllInOrder(await queued(), events);
  });

  test('on the way to the dead letters: every one is there once', async () => {
    const { proxy, queues, post, queued, deadLetters } = await setUp();
    let failedCount = 0;
    proxy.decide((call) => {
      if (call.QueueUrl !== queues.deadLetters.url || failedCount++ > 2) return 'passed';
      return failEntries(call, (body) => body.includes('broken 1'));
    });
    const events = eventsOf(5, 5);
    const broken = [1, 2, 3].map((number) => ({ messageId: `broken ${number}` }));
    await expectAccepted(await post([...events, ...broken]), 5, 3);
    expect(failedCount).toBeGreaterThan(2);
    expectAllInOrder(await queued(), events);
    expect((await deadLetters()).map(({ body }) => JSON.parse(body))).toEqual(expect.arrayContaining(broken));
  });
});

/** The first answer is out: nothing more may be sent than what the next request brings. */
async function expectNothingLeftOver({ proxy, post }: Setup): Promise<void> {
  const sent = proxy.sendCalls.length;
  await expectAccepted(await post(eventsOf(1, 1)), 1);
  expect(proxy.sendCalls.slice(sent).map(({ Entries }) => Entries.length)).toEqual([1]);
}

describe('a fault that lasts', () => {
  test('one entry is refused: 503, its user waits behind it, no other does; sent again, all are queued once', async () => {
    const setup = await setUp();
    const { post, queued } = setup;
    // Two events a user: of more, a slow machine would send several to a call.
    const events = eventsOf(30, 15);
    const invalid = events[4]?.messageId ?? '';
    setup.breakDown((call) => failEntries(call, (body) => body.includes(`"${invalid}"`)));
    await expectRetryRequested(await post(events));
    const first = await queued();
    expectAllInOrder(
      first,
      events.filter(({ userId }) => userId !== 'user 4'),
    );

    await setup.recover();
    await expectNothingLeftOver(setup);
    expect(await queued()).toHaveLength(1);
    await expectAccepted(await post(events), 30);
    expectAllInOrder([...first, ...(await queued())], events);
  });

  test.each(['failed', 'cut', 'held'] as const)(
    'every call is %s: 503, and nothing is queued, not even later; sent again, every event is queued once',
    async (result) => {
      const setup = await setUp();
      const { proxy, post, queued } = setup;
      const events = eventsOf(40, 20);
      setup.breakDown(() => result);
      await expectRetryRequested(await post(events));
      expect(proxy.sendCalls.length).toBeGreaterThan(0);

      await setup.recover();
      await expectNothingLeftOver(setup);
      expect(await queued()).toHaveLength(1);
      await expectAccepted(await post(events), 40);
      expectAllInOrder(await queued(), events);
    },
  );

  test.each(['lost', 'stalled'] as const)(
    'every call is taken, but its answer is %s: 503; sent again, every event is queued once',
    async (result) => {
      const setup = await setUp();
      const { post, queued } = setup;
      const events = eventsOf(40, 20);
      setup.breakDown(() => result);
      await expectRetryRequested(await post(events));

      await setup.recover();
      await expectNothingLeftOver(setup);
      const first = await queued();
      expect(first.length).toBeGreaterThan(1);
      await expectAccepted(await post(events), 40);
      expectAllInOrder([...first, ...(await queued())].filter(isOneOf(events)), events);
    },
  );

  test('SQS cannot be reached: 503, and nothing is queued; once it can, every event is', async () => {
    const setup = await setUp();
    const { proxy, queues, post, queued } = setup;
    const events = eventsOf(40, 20);
    setup.breakDown(() => 'passed');
    await proxy.stop();
    await expectRetryRequested(await post(events));
    expect(await queued()).toEqual([]);

    proxies.push(await startSqsProxy(queues.endpoint, Number(new URL(proxy.endpoint).port)));
    await setup.recover();
    await expectAccepted(await post(events), 40);
    expectAllInOrder(await queued(), events);
  });

  test.each(['main', 'deadLetters'] as const)(
    'only the queue %s takes nothing: 503 for the whole; sent again, every event is in its queue once',
    async (queue) => {
      const setup = await setUp();
      const { queues, post, queued, deadLetters } = setup;
      const events = eventsOf(10, 5);
      const broken = { messageId: `broken for ${queue}` };
      setup.breakDown((call) => (call.QueueUrl === queues[queue].url ? 'failed' : 'passed'));
      await expectRetryRequested(await post([...events, broken]));

      await setup.recover();
      await expectAccepted(await post([...events, broken]), 10, 1);
      expectAllInOrder(await queued(), events);
      expect((await deadLetters()).map(({ body }) => JSON.parse(body))).toEqual([broken]);
    },
  );
});

test('whatever SQS does: what is answered 200 is queued once and in order, and after a 503 it may be sent again', async () => {
  const setup = await setUp();
  const { post, queued } = setup;
  const results = fc.constantFrom<CallResult | 'half'>('passed', 'failed', 'cut', 'lost', 'stalled', 'half');
  const plans = fc.record({
    count: fc.integer({ min: 1, max: 40 }),
    users: fc.integer({ min: 1, max: 12 }),
    faults: fc.array(results, { maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(plans, async ({ count, users, faults }) => {
      const events = eventsOf(count, users);
      const left = [...faults];
      setup.breakDown((call) => {
        const result = left.shift() ?? 'passed';
        // Of some users all: only within a call that carries several events of a user may their order change.
        return result === 'half' ? failEntries(call, (body) => /"user \d*[13579]"/.test(body)) : result;
      });
      const { status } = await post(events);
      const first = await queued();
      expect([200, 503]).toContain(status);
      if (status === 200) expectAllInOrder(first, events);

      await setup.recover();
      await expectAccepted(await post(events), count);
      expectAllInOrder([...first, ...(await queued())], events);
    }),
    { numRuns: 20 },
  );
});
