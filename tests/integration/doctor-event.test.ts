import { expect, test } from '@jest/globals';
import { createEventCheck } from '../../lib/cli/doctor/synthetic-event.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { createAcceleratedClock } from '../support/accelerated-clock.ts';
import { startTestRelay, type TestRelay, TOKEN } from '../support/relay.ts';

const clock = createAcceleratedClock();

/** Runs the check against a relay; `isDelivered` is what the worker's log says. */
function checkEvent(
  relay: TestRelay,
  token: string,
  isDelivered: (messageId: string) => Promise<boolean>,
  signal = new AbortController().signal,
) {
  const view = {
    fetchOutputs: async () => ({ WebhookUrl: `${relay.url}/segment` }),
    readCredentials: async () => ({ secret: undefined, token }),
    isDelivered,
  };
  const interruptSignal = () => signal;
  return createEventCheck(view, { clock, random: systemRandom, interruptSignal }).run();
}

test('relay doctor --event sends an event of its own user, and waits until the worker has delivered it', async () => {
  const relay = await startTestRelay();
  const finding = await checkEvent(relay, TOKEN, async (messageId) => {
    await relay.drained();
    return relay.lines.some(
      ({ message, fields }) => message === 'request completed' && fields.messageIds?.includes(messageId),
    );
  });
  expect(finding).toEqual({ level: 'good', text: 'delivered to Salesmachine' });
  expect(Object.keys((await relay.drained()).contacts)).toEqual(['relay-doctor']);
});

test('relay doctor --event says that the ingest does not accept its credential', async () => {
  const relay = await startTestRelay();
  expect(await checkEvent(relay, 'unknown', async () => true)).toEqual({
    level: 'bad',
    text: expect.stringMatching(/^the ingest did not accept it: .*401/),
  });
});

test('relay doctor --event waits no longer once Ctrl-C is pressed', async () => {
  const relay = await startTestRelay();
  const interrupt = new AbortController();
  let asked = 0;
  const isDelivered = async () => {
    asked += 1;
    interrupt.abort();
    return false;
  };
  expect(await checkEvent(relay, TOKEN, isDelivered, interrupt.signal)).toEqual({
    level: 'unknown',
    text: 'queued; interrupted before it was delivered',
  });
  expect(asked).toBe(1);
});

test('relay doctor --event says that what it sent waits', async () => {
  const relay = await startTestRelay();
  const finding = await checkEvent(relay, TOKEN, async () => {
    clock.accelerate(10_000);
    return false;
  });
  expect(finding).toEqual({
    level: 'bad',
    text: 'queued, but not delivered within 120 s: see relay status',
  });
});
