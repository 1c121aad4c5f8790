import { afterEach, expect, test } from '@jest/globals';
import { type LocalServer, listen } from '../../../lib/local/http-server.ts';
import { readLocalConfig } from '../../../lib/local/local-config.ts';
import { createLocalRoutes, createRouter } from '../../../lib/local/routes.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const clock = createVirtualTime();
const queue = { url: 'http://127.0.0.1/relay.fifo', arn: 'arn:aws:sqs:us-east-1:0:relay.fifo' };
const sentBefore = (seconds: number) => ({ sentTimestamp: clock.now() - seconds * 1_000 });

let sqs: LocalServer;
let server: LocalServer;

/** What waits in the main queue, and what its worker has; so many messages are counted. */
async function start(ready: object[], inflight: object[], queued = ready.length): Promise<void> {
  sqs = await listen(async ({ url }) => {
    expect(url).toBe('/_fauxqs/queues/relay.fifo');
    return { status: 200, body: JSON.stringify({ messages: { ready, inflight } }) };
  });
  const counts = { accepted: 0, skipped: 0, delivered: 0, deadLettered: 0, requests: 0, throttled: 0 };
  const route = createRouter(
    createLocalRoutes({
      config: readLocalConfig({}, () => 'made-up'),
      queues: {
        endpoint: sqs.url,
        main: queue,
        deadLetters: queue,
        connect: () => {
          throw new Error('No message is received for it.');
        },
        stop: async () => undefined,
      },
      salesmachine: { post: async () => ({ kind: 'failure', mayHaveBeenSent: false, code: 'none' }) },
      clock,
      state: async () => ({ ...counts, queued, inFlight: inflight.length }),
      deliveryStatus: () => undefined,
    }),
  );
  server = await listen(async (request) => (await route(request)) ?? { status: 404, body: '' });
}

afterEach(async () => {
  await server.stop();
  await sqs.stop();
});

const readStatus = async (): Promise<unknown> => (await fetch(`${server.url}/local/status`)).json();

test.each([
  ['that waits', [sentBefore(120), sentBefore(30)], []],
  ['that its worker has', [sentBefore(30)], [{ message: sentBefore(120) }]],
])('the age of the oldest event is told in seconds, be it one %s', async (_, ready, inflight) => {
  await start(ready, inflight);
  expect(await readStatus()).toMatchObject({ oldestAgeSeconds: 120 });
});

test('of an empty queue, and of one that is too long to be looked at, it is not told', async () => {
  await start([], []);
  expect(await readStatus()).toMatchObject({ oldestAgeSeconds: null });
  await server.stop();
  await sqs.stop();
  await start([sentBefore(120)], [], 10_001);
  expect(await readStatus()).toMatchObject({ oldestAgeSeconds: null });
});
