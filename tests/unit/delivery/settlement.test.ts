import { describe, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../../lib/dead-letters/dead-letter.ts';
import type { QueuedEvent } from '../../../lib/delivery/queued-event.ts';
import { createSettlement, type GiveUp, type Settlement } from '../../../lib/delivery/settlement.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import { createMessage, fakeQueue, identify, registerMessage, START, track } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const REJECTED: GiveUp = { reason: 'rejected', status: 422, detail: 'Salesmachine answered 422' };
const HOUR_MS = 3_600_000;

function setUp(queue = fakeQueue(), afterMs = 0) {
  const time = createVirtualTime(START + afterMs);
  const log = recordingLog();
  const settlement = createSettlement({ queue, clock: time, random: () => 0.5, log });
  return { settlement, queue, log };
}

const read = (settlement: Settlement, message: ReceivedMessage) =>
  registerMessage(settlement, message, { clock: createVirtualTime(START), log: recordingLog() });

function register(settlement: Settlement, message: ReceivedMessage): QueuedEvent {
  const queuedEvent = read(settlement, message);
  if (queuedEvent === undefined) throw new Error('There is nothing to deliver.');
  return queuedEvent;
}

/** Page views with a name: two operations each. */
const page = (userId: string) => ({ type: 'page', userId, name: 'Home' });
const sqsMessageIds = (...of: ReceivedMessage[]) => of.map(({ sqsMessageId }) => sqsMessageId);

describe('a message is done', () => {
  test('when all of its operations are delivered, and then it is deleted', async () => {
    const { settlement, queue } = setUp();
    const [message, neighbour] = [createMessage(page('u1')), createMessage(page('u2'))];
    const [queuedEvent] = [register(settlement, message), register(settlement, neighbour)];
    settlement.markDelivered(queuedEvent.operations.slice(0, 1));
    await settlement.settleDone();
    expect(queue.calls).toEqual([]);
    settlement.markDelivered(queuedEvent.operations.slice(1));
    await settlement.settleDone();
    expect(queue.calls).toEqual([`delete ${message.sqsMessageId}`]);
    expect(sqsMessageIds(...(await settlement.releaseRest(0)).map(({ message }) => message))).toEqual(
      sqsMessageIds(neighbour),
    );
  });

  test('when one operation is delivered and the other rejected: the dead letter is written before the delete', async () => {
    const { settlement, queue } = setUp();
    const message = createMessage(page('u1'));
    const { operations } = register(settlement, message);
    const [first, second] = operations;
    if (!first || !second) throw new Error('A named page is two operations.');
    settlement.rejectOperation(second, REJECTED);
    settlement.markDelivered([first]);
    await settlement.settleDone();
    expect(queue.calls).toEqual([`dead-letter ${message.sqsMessageId}`, `delete ${message.sqsMessageId}`]);
    expect(queue.deadLetters).toEqual([
      {
        body: message.body,
        sourceId: message.sqsMessageId,
        reason: 'rejected',
        detail: 'Salesmachine answered 422',
        status: 422,
        attempts: 1,
        deadAt: START,
        acceptedAt: new Date(START).toISOString(),
        messageId: undefined,
        type: 'page',
        replays: 0,
      },
    ]);
    expect(await settlement.releaseRest(0)).toEqual([]);
  });

  test('when both of its operations are rejected: one dead letter, for the first cause', async () => {
    const { settlement, queue } = setUp();
    const queuedEvent = register(settlement, createMessage(page('u1')));
    const rejections: GiveUp[] = [REJECTED, { reason: 'too_large', detail: 'else' }];
    for (const [index, operation] of queuedEvent.operations.entries())
      settlement.rejectOperation(operation, rejections[index] ?? REJECTED);
    await settlement.settleDone();
    expect(queue.deadLetters.map(({ reason }) => reason)).toEqual(['rejected']);
  });

  test('at once if its event is not meant for Salesmachine', async () => {
    const { settlement, queue } = setUp();
    const message = createMessage({ type: 'screen', userId: 'u1' });
    expect(read(settlement, message)).toBeUndefined();
    await settlement.settleDone();
    expect(queue.calls).toEqual([`delete ${message.sqsMessageId}`]);
  });

  test('as the same bytes if it was a dead letter stored as base64, which the AWS console has moved', async () => {
    const { settlement, queue } = setUp();
    const bytes = Buffer.from([0xff, 0xfe, 0x00]);
    const attributes = { encoding: 'base64' };
    read(settlement, createMessage({}, { body: bytes.toString('base64'), attributes }));
    await settlement.settleDone();
    const [deadLetter] = queue.deadLetters.map(serializeDeadLetter);
    expect(deadLetter).toMatchObject({ body: bytes.toString('base64'), attributes });
  });

  test.each<[string, Partial<ReceivedMessage>]>([
    ['is no JSON', { body: 'oops' }],
    ['is no event', { body: '{"type":"track"}' }],
    ['is empty', { body: '' }],
  ])('as a dead letter at once if its body %s, while its neighbours go on', async (_, changes) => {
    const { settlement, queue } = setUp();
    const message = createMessage(track('u1'), { ...changes, attributes: { replays: '2' } });
    expect(read(settlement, message)).toBeUndefined();
    const neighbour = register(settlement, createMessage(track('u2')));
    await settlement.settleDone();
    expect(queue.calls).toEqual([`dead-letter ${message.sqsMessageId}`, `delete ${message.sqsMessageId}`]);
    expect(queue.deadLetters).toMatchObject([
      { reason: 'invalid_event', body: message.body, replays: 2, acceptedAt: new Date(START).toISOString() },
    ]);
    expect(settlement.isGroupFailed(neighbour.message)).toBe(false);
  });
});

test('a dead letter keeps when its event was accepted: what the message says, else when SQS took it', async () => {
  const { settlement, queue } = setUp(fakeQueue(), HOUR_MS);
  const acceptedAt = '2025-12-31T23:00:00.000Z';
  for (const attributes of [{ acceptedAt }, {}]) {
    const { operations } = register(settlement, createMessage(track('u1'), { attributes }));
    for (const operation of operations) settlement.rejectOperation(operation, REJECTED);
  }
  await settlement.settleDone();
  expect(queue.deadLetters.map((deadLetter) => deadLetter.acceptedAt)).toEqual([
    acceptedAt,
    new Date(START).toISOString(),
  ]);
});

describe('a dead letter that SQS did not confirm', () => {
  test('keeps its message in the queue, and that stays away for a while; its neighbours are deleted', async () => {
    const { settlement, queue, log } = setUp(fakeQueue({ confirmsDeadLetters: () => false }));
    const [message, neighbour] = [createMessage(track('u1')), createMessage(track('u2'))];
    const [rejected, good] = [register(settlement, message), register(settlement, neighbour)];
    for (const operation of rejected.operations) settlement.rejectOperation(operation, REJECTED);
    settlement.markDelivered(good.operations);
    await settlement.settleDone();
    expect(sqsMessageIds(...(await settlement.releaseRest(0)).map(({ message }) => message))).toEqual(
      sqsMessageIds(message),
    );
    expect(queue.calls).toEqual([
      `dead-letter ${message.sqsMessageId}`,
      `delete ${neighbour.sqsMessageId}`,
      `release ${message.sqsMessageId}`,
    ]);
    expect(queue.released.get(message.sqsMessageId)).toBeGreaterThan(0);
    // It is counted once it is written.
    expect(log.lines.map(({ message }) => message)).toEqual(['invocation settled']);
  });
});

describe('a message that could not be deleted', () => {
  test('is deleted at the end, and is no failure: it was delivered', async () => {
    let asked = 0;
    const { settlement, queue, log } = setUp(fakeQueue({ canDelete: () => ++asked > 1 }));
    const message = createMessage(track('u1'));
    settlement.markDelivered(register(settlement, message).operations);
    await settlement.settleDone();
    expect(await settlement.releaseRest(0)).toEqual([]);
    expect(queue.calls).toEqual([`delete ${message.sqsMessageId}`, `delete ${message.sqsMessageId}`]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('is said to be a possible duplicate, if the end comes too soon', async () => {
    const { settlement, log } = setUp(fakeQueue({ canDelete: () => false }));
    settlement.markDelivered(register(settlement, createMessage(track('u1'))).operations);
    await settlement.settleDone();
    expect(await settlement.releaseRest(0)).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'delivered messages not deleted',
        fields: { messages: 1, cause: 'not_deleted' },
      },
    ]);
  });
});

describe('what is not done is released', () => {
  /** Two messages of a user whose first failed, and one of another user. */
  function threeMessages(afterMs = 0) {
    const context = setUp(fakeQueue(), afterMs);
    const [failed, follower, neighbour] = [
      createMessage(identify('u1', {})),
      createMessage(track('u1')),
      createMessage(track('u2')),
    ];
    const queuedEvents = [failed, follower, neighbour].map((message) =>
      register(context.settlement, message),
    );
    const secondsOf = async (opensInMs: number | undefined) => {
      await context.settlement.releaseRest(opensInMs);
      return [failed, follower, neighbour].map(({ sqsMessageId }) =>
        context.queue.released.get(sqsMessageId),
      );
    };
    return { ...context, messages: [failed, follower, neighbour], queuedEvents, secondsOf };
  }

  test('at once, if only the time was too short', async () => {
    const { secondsOf } = threeMessages();
    expect(await secondsOf(0)).toEqual([0, 0, 0]);
  });

  test('to come when the gate opens, if that is known', async () => {
    const { secondsOf } = threeMessages();
    expect(await secondsOf(42_300)).toEqual([44, 44, 44]);
  });

  test('for 20 to 25 minutes, if it has waited for over an hour and the end is unknown', async () => {
    const { secondsOf } = threeMessages(2 * HOUR_MS);
    expect(await secondsOf(undefined)).toEqual([1_350, 1_350, 1_350]);
  });

  test('for less, if it has not waited for long', async () => {
    const { secondsOf } = threeMessages(60_000);
    expect(await secondsOf(undefined)).toEqual([27, 27, 27]);
  });

  test('soon, if a request with it has failed', async () => {
    const { settlement, queuedEvents, secondsOf } = threeMessages();
    const [failed] = queuedEvents;
    if (!failed) throw new Error('There are three.');
    failed.failures = 5;
    settlement.failGroup(failed.message);
    expect(await secondsOf(0)).toEqual([2, 2, 0]);
  });

  test('after the time for which it is kept, and with every later message of its group', async () => {
    const { settlement, queuedEvents, secondsOf } = threeMessages();
    const [failed, follower, neighbour] = queuedEvents;
    if (!failed || !follower || !neighbour) throw new Error('There are three.');
    settlement.keepGroup(failed.message, 16_200);
    expect(queuedEvents.map(({ message }) => settlement.isGroupFailed(message))).toEqual([true, true, false]);
    expect(await secondsOf(0)).toEqual([17, 17, 0]);
  });

  test('before the invocation ends: a function that has ended does nothing more', async () => {
    const time = createVirtualTime();
    const steps: string[] = [];
    const release = async () => {
      await time.sleep(100);
      steps.push('released');
    };
    const queue = { ...fakeQueue(), release };
    const settlement = createSettlement({ queue, clock: time, random: () => 0.5, log: recordingLog() });
    register(settlement, createMessage(track('u1')));
    const ended = settlement.releaseRest(0).then(() => steps.push('ended'));
    await time.run();
    await ended;
    expect(steps).toEqual(['released', 'ended']);
  });

  test('after all that is done is deleted, and only once', async () => {
    const { settlement, queue, queuedEvents, messages } = threeMessages();
    settlement.markDelivered(queuedEvents[2]?.operations ?? []);
    await settlement.settleDone();
    await settlement.releaseRest(0);
    expect(queue.calls).toEqual([
      `delete ${messages[2]?.sqsMessageId}`,
      `release ${messages[0]?.sqsMessageId}`,
      `release ${messages[1]?.sqsMessageId}`,
    ]);
  });
});
