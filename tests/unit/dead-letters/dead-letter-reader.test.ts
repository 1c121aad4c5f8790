import { DeleteMessageBatchCommand, type Message } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { createDeadLetterReader } from '../../../lib/dead-letters/dead-letter-reader.ts';
import { replay } from '../../../lib/dead-letters/replay-dead-letters.ts';
import type { StoredDeadLetter } from '../../../lib/dead-letters/stored-dead-letter.ts';
import {
  createDeadLetter,
  createDeadLetters,
  createVirtualDeadLetterFixture,
} from '../../support/dead-letter-fixtures.ts';
import { runToEnd } from '../../support/delivery.ts';
import { fakeSqs } from '../../support/fake-sqs.ts';
import { recordingLog } from '../../support/log.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** A dead letter as SQS gives it. */
function toMessage(number: number): Message {
  const { body, groupId, attributes } = serializeDeadLetter(createDeadLetter(number));
  return {
    MessageId: `m${number}`,
    ReceiptHandle: `r${number}`,
    Body: body,
    Attributes: { MessageGroupId: groupId, SentTimestamp: '1767312000000', ApproximateReceiveCount: '1' },
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    ),
  };
}

/** A dead-letter queue with so many dead letters, which refuses the first `failures` calls that delete. */
function setUp(count: number, failures = 0) {
  const time = createVirtualTime();
  const messages = Array.from({ length: count }, (_, index) => toMessage(index));
  let left = failures;
  const sqs = fakeSqs(time, {
    messages: () => messages.splice(0, 10),
    resultFor: (entry) => (entry.startsWith('r') && left-- > 0 ? 'refused' : 'taken'),
  });
  const ports = { sqs, deadLetterQueueUrl: 'dead', clock: time, random: seededRandom(1) };
  return { time, sqs, ports };
}

describe('a dead letter whose delete fails', () => {
  async function deleteAll(failures: number) {
    const { time, sqs, ports } = setUp(1, failures);
    const reader = createDeadLetterReader(ports, { waitSeconds: 0 });
    const startedAt = time.now();
    const read: StoredDeadLetter[] = [];
    const left: StoredDeadLetter[] = [];
    let deletedAfterMs = Number.NaN;
    const task = async () => {
      for await (const batch of reader.batches()) {
        if (batch.length === 0) continue;
        read.push(...batch);
        left.push(...(await reader.deleteDeadLetters(batch)));
        deletedAfterMs = time.now() - startedAt;
      }
    };
    await runToEnd(time, task());
    return { deletes: sqs.deletes, read, left, deletedAfterMs };
  }

  test('is deleted by one of two more attempts, each after a longer pause', async () => {
    const { deletes, left, deletedAfterMs } = await deleteAll(2);
    expect(deletes).toEqual([['r0'], ['r0'], ['r0']]);
    expect(left).toEqual([]);
    expect(deletedAfterMs).toBeGreaterThan(600);
  });

  test('is left after the third', async () => {
    const { deletes, left, read } = await deleteAll(3);
    expect(deletes).toHaveLength(3);
    expect(left).toEqual(read);
  });
});

test.each([
  ['deleted', true],
  ['not deleted', false],
])('dead letters that were read and %s are not among the unread', async (_, canDelete) => {
  const { ports, run, worker } = createVirtualDeadLetterFixture();
  const { sqs } = ports;
  const send: typeof sqs.send = (command: object, ...rest: unknown[]) =>
    canDelete || !(command instanceof DeleteMessageBatchCommand)
      ? Reflect.apply(sqs.send, sqs, [command, ...rest])
      : Promise.reject(new Error('SQS does not delete now.'));
  const reader = createDeadLetterReader({ ...ports, sqs: { send } }, { waitSeconds: 0 });
  const unread = await run(
    (async () => {
      await worker.writeDeadLetters(createDeadLetters(0, 3));
      const batches = reader.batches();
      const { value: read } = await batches.next();
      await reader.deleteDeadLetters(read);
      await worker.writeDeadLetters(createDeadLetters(3, 1));
      const count = await reader.countUnread();
      await batches.return(undefined);
      return count;
    })(),
  );
  expect(unread).toBe(1);
});

test('a replay of more dead letters than are put in order together sends the first ones before it has read all', async () => {
  const { time, sqs, ports } = setUp(1_500);
  const receivesBefore: number[] = [];
  const onProgress = () => receivesBefore.push(sqs.receives.length);
  const options = { rate: 10_000, waitSeconds: 0, onProgress };
  const replayPorts = { ...ports, queueUrl: 'main', log: recordingLog() };
  // The queue of this test tells no depth: that is asked for at the very end.
  await runToEnd(time, replay(options, replayPorts)).catch(() => undefined);
  expect(receivesBefore[0]).toBeGreaterThanOrEqual(100);
  expect(receivesBefore[0]).toBeLessThanOrEqual(110);
  expect(sqs.accepted).toHaveLength(1_500);
});
