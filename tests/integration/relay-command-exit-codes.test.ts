import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import type { DeliveryStatus } from '../../lib/local/api-schema.ts';
import { json, listen } from '../../lib/local/http-server.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { createAcceleratedClock } from '../support/accelerated-clock.ts';
import { createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { DELIVERING } from '../support/delivery-status.ts';
import { recordingLog } from '../support/log.ts';
import { startTestRelay } from '../support/relay.ts';
import { runRelayProgram } from '../support/relay-program.ts';

const held: DeliveryStatus = {
  ...DELIVERING,
  state: 'open',
  cause: 'outage',
  status: 503,
  lanes: { held: 2, total: 2 },
  since: 2,
};

const failing: DeliveryStatus = {
  ...DELIVERING,
  failing: { requests: 3, since: 2, status: 500, text: 'oops' },
};

type Options = { isWaiting?: boolean; mappingOn?: boolean; args?: string[] };

/** A command's exit code where the relay says this of its delivery, and whether an event waits. */
async function runAgainst(
  delivery: DeliveryStatus,
  command: string,
  { isWaiting = false, mappingOn = true, args = [] }: Options = {},
): Promise<number> {
  const relay = await startTestRelay();
  const { deadLetters } = relay.queues;
  const sqs = relay.queues.connect();
  if (isWaiting) {
    const ids = { MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    await sqs.send(new SendMessageCommand({ QueueUrl: deadLetters.url, MessageBody: '{}', ...ids }));
  }
  const server = await listen(async ({ url = '', method = '' }) => {
    if (url === '/local/status') return json(200, { mappingOn, oldestAgeSeconds: null, delivery });
    const response = await fetch(`${relay.url}${url}`, { method });
    const body = await response.text();
    // No worker takes anything from the other queue.
    return { status: 200, body: isWaiting ? body.replace(relay.queues.main.url, deadLetters.url) : body };
  });
  const { code } = await runRelayProgram([command, ...args, '--json'], { RELAY_URL: server.url });
  await server.stop();
  return code;
}

describe('the exit code of relay status', () => {
  test('is 0 while events are delivered', async () => {
    expect(await runAgainst(DELIVERING, 'status')).toBe(0);
  });

  test('is 1 while delivery is held', async () => {
    expect(await runAgainst(held, 'status')).toBe(1);
  });

  test('is 1 if nothing of what waits gets through, though nothing holds it yet', async () => {
    expect(await runAgainst(failing, 'status', { isWaiting: true })).toBe(1);
  });

  test('is 0 with --wait once the queue is empty, and 1 if it is not in time', async () => {
    const args = ['--wait', '1'];
    expect(await runAgainst(DELIVERING, 'status', { args })).toBe(0);
    expect(await runAgainst(DELIVERING, 'status', { args, isWaiting: true })).toBe(1);
  });

  test('is 1 if the worker is off', async () => {
    expect(await runAgainst(DELIVERING, 'status', { mappingOn: false })).toBe(1);
  });
});

test('a replay that the main queue does not confirm says so, and its exit code is 1', async () => {
  const relay = await startTestRelay();
  const { main, deadLetters } = relay.queues;
  const clock = createAcceleratedClock();
  const queue = {
    sqs: relay.queues.connect(),
    queueUrl: deadLetters.url,
    clock,
    random: systemRandom,
    log: recordingLog(),
  };
  const messages = createDeadLetters(1, 2).map(serializeDeadLetter);
  await sendMessages(messages, queue, new AbortController().signal);
  const server = await listen(async ({ url = '' }) => {
    const body = await (await fetch(`${relay.url}${url}`)).text();
    // The relay has been found.
    clock.accelerate(100);
    return { status: 200, body: body.replace(main.url, main.url.replace('relay.fifo', 'gone.fifo')) };
  });
  const env = { RELAY_URL: server.url };
  const { stdout, stderr, code } = await runRelayProgram(['dlq', 'replay'], env, { clock });
  await server.stop();
  expect(code).toBe(1);
  expect(stderr).toContain('relay: replay stopped');
  expect(stdout).toContain('2 were not confirmed: run it again within 5 minutes');
  expect(await relay.state()).toMatchObject({ deadLettered: 2 });
});

describe('the exit code of relay ping', () => {
  test('is 0 if the ping passes', async () => {
    expect(await runAgainst(DELIVERING, 'ping')).toBe(0);
  });

  test('is 1 if delivery is held, though the ping passes', async () => {
    expect(await runAgainst(held, 'ping')).toBe(1);
  });
});
