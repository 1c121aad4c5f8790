import { describe, expect, test } from '@jest/globals';
import type { DeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import { createDeadLetterWriter } from '../../../lib/dead-letters/dead-letter-writer.ts';
import { runToEnd } from '../../support/delivery.ts';
import { fakeSqs } from '../../support/fake-sqs.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

function setUp(options: Parameters<typeof fakeSqs>[1] = {}) {
  const time = createVirtualTime();
  const log = recordingLog();
  const sqs = fakeSqs(time, options);
  const writer = createDeadLetterWriter({
    sqs,
    deadLetterQueueUrl: 'dead',
    clock: time,
    random: () => 0.5,
    log,
  });
  return { time, log, sqs, writer };
}

const createTestDeadLetter = (origin: string): DeadLetter => ({
  body: `body of ${origin}`,
  sourceId: origin,
  reason: 'rejected',
  detail: 'why',
  attempts: 1,
  deadAt: 0,
  acceptedAt: '2026-01-01T00:00:00.000Z',
  replays: 0,
});

describe('to write dead letters', () => {
  test('is to send them to their queue, and true once SQS has confirmed them', async () => {
    const { time, writer, sqs } = setUp();
    expect(
      await runToEnd(time, writer.writeDeadLetters([createTestDeadLetter('m1'), createTestDeadLetter('m2')])),
    ).toBe(true);
    expect(sqs.accepted).toEqual(['body of m1', 'body of m2']);
    expect(sqs.deletes).toEqual([]);
  });

  test('is tried again where SQS refuses', async () => {
    let failures = 2;
    const { time, writer, sqs } = setUp({
      resultFor: (body) => (body === 'body of m1' && failures-- > 0 ? 'refused' : 'taken'),
    });
    expect(
      await runToEnd(time, writer.writeDeadLetters([createTestDeadLetter('m1'), createTestDeadLetter('m2')])),
    ).toBe(true);
    expect(sqs.accepted).toEqual(['body of m2', 'body of m1']);
  });

  test('is given up after four seconds, and then false: the messages must stay where they are', async () => {
    const { time, writer, sqs, log } = setUp({
      resultFor: (body) => (body === 'body of m1' ? 'refused' : 'taken'),
    });
    const startedAt = time.now();
    expect(
      await runToEnd(time, writer.writeDeadLetters([createTestDeadLetter('m1'), createTestDeadLetter('m2')])),
    ).toBe(false);
    expect(time.now() - startedAt).toBe(4_000);
    expect(sqs.accepted).toEqual(['body of m2']);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'dead letters not confirmed' }),
    );
  });
});
