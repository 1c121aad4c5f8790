import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runReplay } from '../../lib/cli/dlq/run-replay.ts';
import type { AuditEntry } from '../../lib/cli/stage/audit.ts';
import { readDeliverySettings } from '../../lib/config/config.ts';
import { serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { type LocalSqs, startLocalSqs } from '../../lib/local/aws/local-sqs.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import { createAcceleratedClock } from '../support/accelerated-clock.ts';
import { createDeadLetters } from '../support/dead-letter-fixtures.ts';
import { recordingLog } from '../support/log.ts';

let queues: LocalSqs;

beforeEach(async () => {
  queues = await startLocalSqs();
});

afterEach(() => queues.stop());

test('a replay that the main queue does not confirm is in the audit line with what failed', async () => {
  const clock = createAcceleratedClock();
  const sqs = queues.connect();
  const signal = new AbortController().signal;
  const context = {
    clock,
    random: systemRandom,
    env: {},
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    interruptSignal: () => signal,
    setFailed: () => undefined,
  };
  const entries: AuditEntry[] = [];
  const connection = {
    title: 'a relay',
    sqs,
    queueUrl: queues.main.url.replace('relay.fifo', 'gone.fifo'),
    deadLetterQueueUrl: queues.deadLetters.url,
    settings: async () => readDeliverySettings({}),
    waitSeconds: 0,
    audit: async (entry: AuditEntry) => void entries.push(entry),
  };
  const messages = createDeadLetters(1, 2).map(serializeDeadLetter);
  const deadLetterQueue = { ...context, sqs, queueUrl: queues.deadLetters.url, log: recordingLog() };
  await sendMessages(messages, deadLetterQueue, signal);
  clock.accelerate(100);
  await runReplay({ filter: {}, force: false, rate: 100, why: 'a test' }, { connection, context, signal });
  expect(entries).toEqual([{ action: 'replay', filter: {}, count: 0, failed: 2, why: 'a test' }]);
});
