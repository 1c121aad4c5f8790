import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { deadLetterMessage } from '../../lib/dead-letters/dead-letter.ts';
import { readLetters } from '../../lib/dead-letters/dead-letter-reader.ts';
import { type Replayed, type ReplayPorts, replay } from '../../lib/dead-letters/replay-dead-letters.ts';
import type { StoredLetter } from '../../lib/dead-letters/stored-dead-letter.ts';
import { systemClock, systemRandom } from '../../lib/runtime/clock.ts';
import { depthOf } from '../../lib/sqs/queue-depth.ts';
import { sendAll } from '../../lib/sqs/send-messages.ts';
import {
  idsFrom,
  type LetterBox,
  messageIds,
  numberedFrom,
  openLetterBox,
} from '../support/dead-letter-fixtures.ts';
import { recordingLog } from '../support/log.ts';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { until } from '../support/until.ts';

const quickly = { rate: 10_000, waitSeconds: 0 };

async function lettersOf(ports: ReplayPorts): Promise<StoredLetter[]> {
  const read: StoredLetter[] = [];
  for await (const batch of readLetters(ports, { waitSeconds: 0 })) read.push(...batch);
  return read;
}

describe('on a relay that runs', () => {
  const portsOf = ({ queues }: TestRelay): ReplayPorts => ({
    sqs: queues.connect(),
    queueUrl: queues.main.url,
    deadLetterQueueUrl: queues.deadLetters.url,
    clock: systemClock,
    random: systemRandom,
    log: recordingLog(),
  });

  const contact = (userId: string, plan: string) => ({
    type: 'identify',
    userId,
    messageId: `of ${userId}`,
    traits: { plan, ...(plan === 'odd' && { odd: true }) },
  });

  /** A relay whose Salesmachine has refused one of two contacts. */
  async function withOneRejected() {
    const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '30000' });
    relay.standIn?.reject('odd');
    await relay.post('/segment', [contact('good', 'even'), contact('bad', 'odd')]);
    await until('one event is a dead letter', async () => (await relay.state()).deadLettered === 1);
    const { contacts } = await relay.drained();
    expect(Object.keys(contacts)).toEqual(['good']);
    return { relay, ports: portsOf(relay) };
  }

  test('a letter is delivered within 5 minutes of its first delivery, and its neighbour is not again', async () => {
    const { relay, ports } = await withOneRejected();
    relay.standIn?.rejectNothing();
    expect(await replay(quickly, ports)).toMatchObject({ matched: 1, replayed: 1, unread: 0 });
    const { contacts, operations } = await relay.drained();
    expect(contacts['bad']).toEqual({ plan: 'odd', odd: true });
    expect(operations.map(({ messageId }) => messageId)).toEqual(['of good', 'of bad']);
    expect(await relay.state()).toMatchObject({ deadLettered: 0, queued: 0, inFlight: 0 });
  });

  test('a letter that fails again is the letter that was foretold, with its replays counted', async () => {
    const { relay, ports } = await withOneRejected();
    const [first] = await lettersOf(ports);
    const replayed: Replayed[] = [];
    for (const times of [1, 2]) {
      await replay({ ...quickly, onProgress: (_, letters) => replayed.push(...letters) }, ports);
      await relay.drained();
      const [again] = await lettersOf(ports);
      expect(again).toMatchObject({
        id: replayed.at(-1)?.comesBackAs,
        replays: times,
        reason: 'rejected',
        acceptedAt: first?.acceptedAt,
        messageId: 'of bad',
        type: 'identify',
      });
      expect(again?.message.body).toBe(first?.message.body);
    }
    expect(new Set([first?.id, ...replayed.map(({ comesBackAs }) => comesBackAs)]).size).toBe(3);
  });

  test("a letter that the AWS console's own redrive moves is delivered as if it were new", async () => {
    const { relay, ports } = await withOneRejected();
    relay.standIn?.rejectNothing();
    await moveAsTheConsoleDoes(ports);
    const { contacts } = await relay.drained();
    expect(contacts['bad']).toEqual({ plan: 'odd', odd: true });
    expect(await relay.state()).toMatchObject({ deadLettered: 0 });
  });

  test('and one that fails again after that move is another letter, of the new cause', async () => {
    const { ports } = await withOneRejected();
    const [before] = await lettersOf(ports);
    await moveAsTheConsoleDoes(ports);
    const [after] = await until('it is a dead letter again', async () => {
      const letters = await lettersOf(ports);
      return letters.length > 0 ? letters : undefined;
    });
    expect(after).toMatchObject({ reason: 'rejected', replays: 0, acceptedAt: before?.acceptedAt });
    expect(after?.id).not.toBe(before?.id);
    expect(after?.deadAt).toBeGreaterThan(before?.deadAt ?? Number.NaN);
  });
});

describe('where nobody drains the main queue', () => {
  const boxes: LetterBox[] = [];
  afterEach(async () => {
    await Promise.all(boxes.splice(0).map(({ queues }) => queues.stop()));
  });

  async function open(options?: Parameters<typeof openLetterBox>[0]): Promise<LetterBox> {
    const box = await openLetterBox(options);
    boxes.push(box);
    return box;
  }

  test('two replays at once bring every event to the main queue once, and share the work', async () => {
    const box = await open();
    await box.bury(numberedFrom(0, 600));
    const results = await Promise.all([replay(quickly, box.ports), replay(quickly, box.ports)]);
    expect(results.map(({ failed }) => failed)).toEqual([0, 0]);
    expect(results.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(600);
    expect(messageIds(await box.queued())).toEqual(idsFrom(0, 600));
    expect(await box.deadLetters()).toEqual([]);
  });

  test('a letter that is written again after it was replayed is absorbed within 5 minutes', async () => {
    const box = await open();
    const letters = numberedFrom(0, 3);
    await box.bury(letters);
    await replay(quickly, box.ports);
    const copies = letters
      .slice(0, 2)
      .map(deadLetterMessage)
      .map((message) => ({ ...message, deduplicationId: `${message.deduplicationId} later` }));
    await sendAll(copies, { ...box.ports, queueUrl: box.queues.deadLetters.url }, AbortSignal.timeout(5_000));
    expect(await replay(quickly, box.ports)).toMatchObject({ replayed: 2, failed: 0 });
    expect(messageIds(await box.queued())).toEqual(idsFrom(0, 3));
    expect(await box.deadLetters()).toEqual([]);
  });

  test("messages that SQS moved here are listed as such, and replayed in their user's order", async () => {
    const box = await open({ maxReceiveCount: 1 });
    await box.bury(numberedFrom(50, 5));
    const messages = numberedFrom(0, 50).map(({ body, acceptedAt }, index) => ({
      body: JSON.stringify({ ...JSON.parse(body.toString()), userId: 'one user' }),
      groupId: 'one user',
      deduplicationId: `first delivery ${index}`,
      attributes: { version: '1', acceptedAt },
    }));
    await sendAll(messages, box.ports, AbortSignal.timeout(10_000));
    const { sqs, deadLetterQueueUrl } = box.ports;
    while ((await depthOf(sqs, deadLetterQueueUrl)).queued < 55) await box.worker.receive(10, 0);

    const [crashed] = (await lettersOf(box.ports)).filter(({ reason }) => reason === 'receive_limit');
    expect(crashed).toMatchObject({ messageId: 'm0', type: 'track', replays: 0, replayable: true });

    const result = await replay({ ...quickly, filter: { reasons: ['receive_limit'] } }, box.ports);
    expect(result).toMatchObject({ matched: 50, replayed: 50, skipped: { filter: 5 }, unread: 0 });
    const queued = await box.queued();
    expect(queued.map(({ body }) => JSON.parse(body).messageId)).toEqual(idsFrom(0, 50));
    expect(queued.map(({ attributes }) => attributes['replays'])).toEqual(Array(50).fill('1'));
    expect(messageIds(await box.deadLetters())).toEqual(idsFrom(50, 5));
  });
});

/**
 * What a message move task does to a dead letter, with the main queue as its custom destination: the body and all its
 * attributes, the same group and deduplication id, under a new message id. Source: SQS's documentation.
 */
async function moveAsTheConsoleDoes({ sqs, queueUrl, deadLetterQueueUrl }: ReplayPorts): Promise<void> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: deadLetterQueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  expect(Messages.length).toBe(1);
  for (const { Body, MessageAttributes, Attributes, ReceiptHandle } of Messages satisfies Message[]) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: Body,
        MessageAttributes,
        MessageGroupId: Attributes?.MessageGroupId,
        MessageDeduplicationId: Attributes?.MessageDeduplicationId,
      }),
    );
    await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle }));
  }
}
