import { describe, expect, test } from '@jest/globals';
import { deadLetterMessage } from '../../../lib/dead-letters/dead-letter.ts';
import type { Blame } from '../../../lib/delivery/attempt.ts';
import type { Work } from '../../../lib/delivery/queued-event.ts';
import { createLedger, type Ledger } from '../../../lib/delivery/settlement.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import { createVirtualTime } from '../../simulation/virtual-time.ts';
import {
  fakeQueue,
  fakeSalesmachine,
  identify,
  messageOf,
  OK,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';

const REJECTED: Blame = { reason: 'rejected', status: 422, detail: 'Salesmachine answered 422' };
const HOUR_MS = 3_600_000;

function setUp(queue = fakeQueue(), afterMs = 0) {
  const time = createVirtualTime(START + afterMs);
  const log = recordingLog();
  const salesmachine = fakeSalesmachine(time, () => OK);
  const ledger = createLedger(SETTINGS, { queue, salesmachine, clock: time, random: () => 0.5, log });
  return { ledger, queue, log };
}

function taken(ledger: Ledger, message: ReceivedMessage): Work {
  const work = ledger.take(message);
  if (work === undefined) throw new Error('There is nothing to deliver.');
  return work;
}

/** Page views with a name: two operations each. */
const page = (userId: string) => ({ type: 'page', userId, name: 'Home' });
const names = (...of: ReceivedMessage[]) => of.map(({ messageId }) => messageId);

describe('a message is done', () => {
  test('when all of its operations are delivered, and then it is deleted', async () => {
    const { ledger, queue } = setUp();
    const [message, neighbour] = [messageOf(page('u1')), messageOf(page('u2'))];
    const [work] = [taken(ledger, message), taken(ledger, neighbour)];
    ledger.delivered(work.parts.slice(0, 1));
    await ledger.flush();
    expect(queue.calls).toEqual([]);
    ledger.delivered(work.parts.slice(1));
    await ledger.flush();
    expect(queue.calls).toEqual([`remove ${message.messageId}`]);
    expect(names(...(await ledger.close(0)))).toEqual(names(neighbour));
  });

  test('when one operation is delivered and the other blamed: the letter is written before the delete', async () => {
    const { ledger, queue } = setUp();
    const message = messageOf(page('u1'));
    const { parts } = taken(ledger, message);
    const [first, second] = parts;
    if (!first || !second) throw new Error('A named page is two operations.');
    ledger.blame(second, REJECTED);
    ledger.delivered([first]);
    await ledger.flush();
    expect(queue.calls).toEqual([`bury ${message.messageId}`, `remove ${message.messageId}`]);
    expect(queue.letters).toEqual([
      {
        body: message.body,
        origin: message.messageId,
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
    expect(await ledger.close(0)).toEqual([]);
  });

  test('when both of its operations are blamed: one letter, for the first cause', async () => {
    const { ledger, queue } = setUp();
    const work = taken(ledger, messageOf(page('u1')));
    const blames: Blame[] = [REJECTED, { reason: 'too_large', detail: 'else' }];
    for (const [index, part] of work.parts.entries()) ledger.blame(part, blames[index] ?? REJECTED);
    await ledger.flush();
    expect(queue.letters.map(({ reason }) => reason)).toEqual(['rejected']);
  });

  test('at once if its event is not meant for Salesmachine', async () => {
    const { ledger, queue } = setUp();
    const message = messageOf({ type: 'screen', userId: 'u1' });
    expect(ledger.take(message)).toBeUndefined();
    await ledger.flush();
    expect(queue.calls).toEqual([`remove ${message.messageId}`]);
  });

  test('as the same bytes if it was a dead letter stored as base64, which the AWS console has moved', async () => {
    const { ledger, queue } = setUp();
    const bytes = Buffer.from([0xff, 0xfe, 0x00]);
    const attributes = { encoding: 'base64' };
    ledger.take(messageOf({}, { body: bytes.toString('base64'), attributes }));
    await ledger.flush();
    const [letter] = queue.letters.map(deadLetterMessage);
    expect(letter).toMatchObject({ body: bytes.toString('base64'), attributes });
  });

  test.each<[string, Partial<ReceivedMessage>]>([
    ['is no JSON', { body: 'oops' }],
    ['is no event', { body: '{"type":"track"}' }],
    ['is empty', { body: '' }],
  ])('as a dead letter at once if its body %s, while its neighbours go on', async (_, changes) => {
    const { ledger, queue } = setUp();
    const message = messageOf(track('u1'), { ...changes, attributes: { replays: '2' } });
    expect(ledger.take(message)).toBeUndefined();
    const neighbour = taken(ledger, messageOf(track('u2')));
    await ledger.flush();
    expect(queue.calls).toEqual([`bury ${message.messageId}`, `remove ${message.messageId}`]);
    expect(queue.letters).toMatchObject([
      { reason: 'invalid_event', body: message.body, replays: 2, acceptedAt: new Date(START).toISOString() },
    ]);
    expect(ledger.hasFailed(neighbour)).toBe(false);
  });
});

describe('a dead letter that SQS did not confirm', () => {
  test('keeps its message in the queue, and that stays away for a while; its neighbours are deleted', async () => {
    const { ledger, queue } = setUp(fakeQueue({ buries: () => false }));
    const [message, neighbour] = [messageOf(track('u1')), messageOf(track('u2'))];
    const [bad, good] = [taken(ledger, message), taken(ledger, neighbour)];
    for (const part of bad.parts) ledger.blame(part, REJECTED);
    ledger.delivered(good.parts);
    await ledger.flush();
    expect(names(...(await ledger.close(0)))).toEqual(names(message));
    expect(queue.calls).toEqual([
      `bury ${message.messageId}`,
      `remove ${neighbour.messageId}`,
      `hand back ${message.messageId}`,
    ]);
    expect(queue.handedBack.get(message.messageId)).toBeGreaterThan(0);
  });
});

describe('a message that could not be deleted', () => {
  test('is deleted at the end, and is no failure: it was delivered', async () => {
    let asked = 0;
    const { ledger, queue, log } = setUp(fakeQueue({ removes: () => ++asked > 1 }));
    const message = messageOf(track('u1'));
    ledger.delivered(taken(ledger, message).parts);
    await ledger.flush();
    expect(await ledger.close(0)).toEqual([]);
    expect(queue.calls).toEqual([`remove ${message.messageId}`, `remove ${message.messageId}`]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('is said to be a possible duplicate, if the end comes too soon', async () => {
    const { ledger, log } = setUp(fakeQueue({ removes: () => false }));
    ledger.delivered(taken(ledger, messageOf(track('u1'))).parts);
    await ledger.flush();
    expect(await ledger.close(0)).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { messages: 1 } }]);
  });
});

describe('what is not done is handed back', () => {
  /** Two messages of a user whose first failed, and one of somebody else. */
  function threeMessages(afterMs = 0) {
    const context = setUp(fakeQueue(), afterMs);
    const [failed, follower, neighbour] = [
      messageOf(identify('u1', {})),
      messageOf(track('u1')),
      messageOf(track('u2')),
    ];
    const works = [failed, follower, neighbour].map((message) => taken(context.ledger, message));
    const secondsOf = async (opensInMs: number | undefined) => {
      await context.ledger.close(opensInMs);
      return [failed, follower, neighbour].map(({ messageId }) => context.queue.handedBack.get(messageId));
    };
    return { ...context, messages: [failed, follower, neighbour], works, secondsOf };
  }

  test('at once, if only the time was too short', async () => {
    const { secondsOf } = threeMessages();
    expect(await secondsOf(0)).toEqual([0, 0, 0]);
  });

  test('to come when the gate opens, if that is known', async () => {
    const { secondsOf } = threeMessages();
    expect(await secondsOf(42_300)).toEqual([44, 44, 44]);
  });

  test('for 20 to 25 minutes, if it has waited for over an hour and nobody knows', async () => {
    const { secondsOf } = threeMessages(2 * HOUR_MS);
    expect(await secondsOf(undefined)).toEqual([1_350, 1_350, 1_350]);
  });

  test('for less, if it has not waited for long', async () => {
    const { secondsOf } = threeMessages(60_000);
    expect(await secondsOf(undefined)).toEqual([27, 27, 27]);
  });

  test('with a backoff that grows with its tries, and with every later message of its group', async () => {
    const { ledger, works, secondsOf } = threeMessages();
    const [failed, follower, neighbour] = works;
    if (!failed || !follower || !neighbour) throw new Error('There are three.');
    failed.tries = 5;
    ledger.fail(failed);
    expect(works.map(ledger.hasFailed)).toEqual([true, true, false]);
    expect(await secondsOf(0)).toEqual([17, 17, 0]);
  });

  test('after all that is done is deleted, and only once', async () => {
    const { ledger, queue, works, messages } = threeMessages();
    ledger.delivered(works[2]?.parts ?? []);
    await ledger.flush();
    await ledger.close(0);
    expect(queue.calls).toEqual([
      `remove ${messages[2]?.messageId}`,
      `hand back ${messages[0]?.messageId}`,
      `hand back ${messages[1]?.messageId}`,
    ]);
  });
});
