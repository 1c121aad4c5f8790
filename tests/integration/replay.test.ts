import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { createDeadLetterReader } from '../../lib/dead-letters/dead-letter-reader.ts';
import {
  type ReplayedDeadLetter,
  type ReplayPorts,
  replay,
} from '../../lib/dead-letters/replay-dead-letters.ts';
import type { StoredDeadLetter } from '../../lib/dead-letters/stored-dead-letter.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { getQueueDepth } from '../../lib/sqs/queue-depth.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import {
  createDeadLetterFixture,
  createDeadLetters,
  type DeadLetterFixture,
  messageIds,
  messageIdsFrom,
} from '../support/dead-letter-fixtures.ts';
import { recordingLog } from '../support/log.ts';
import { startTestRelay, type TestRelay } from '../support/relay.ts';
import { until } from '../support/until.ts';

const quickly = { rate: 10_000, waitSeconds: 0 };

async function readStoredDeadLetters(ports: ReplayPorts): Promise<StoredDeadLetter[]> {
  const read: StoredDeadLetter[] = [];
  for await (const batch of createDeadLetterReader(ports, { waitSeconds: 0 }).batches()) read.push(...batch);
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
    relay.fakeSalesmachine?.reject('odd');
    await relay.post('/segment', [contact('good', 'even'), contact('bad', 'odd')]);
    await until('one event is a dead letter', async () => (await relay.state()).deadLettered === 1);
    const { contacts } = await relay.drained();
    expect(Object.keys(contacts)).toEqual(['good']);
    return { relay, ports: portsOf(relay) };
  }

  test('a dead letter is delivered within 5 minutes of its first delivery, and its neighbour is not again', async () => {
    const { relay, ports } = await withOneRejected();
    relay.fakeSalesmachine?.acceptAll();
    expect(await replay(quickly, ports)).toMatchObject({ matched: 1, replayed: 1, unread: 0 });
    const { contacts, operations } = await relay.drained();
    expect(contacts['bad']).toEqual({ plan: 'odd', odd: true });
    expect(operations.map(({ messageId }) => messageId)).toEqual(['of good', 'of bad']);
    expect(await relay.state()).toMatchObject({ deadLettered: 0, queued: 0, inFlight: 0 });
  });

  test('a dead letter that fails again is the dead letter that was foretold, with its replays counted', async () => {
    const { relay, ports } = await withOneRejected();
    const [first] = await readStoredDeadLetters(ports);
    const replayed: ReplayedDeadLetter[] = [];
    for (const times of [1, 2]) {
      await replay({ ...quickly, onProgress: (_, deadLetters) => replayed.push(...deadLetters) }, ports);
      await relay.drained();
      const [again] = await readStoredDeadLetters(ports);
      expect(again).toMatchObject({
        id: replayed.at(-1)?.nextDeadLetterId,
        replays: times,
        reason: 'rejected',
        acceptedAt: first?.acceptedAt,
        messageId: 'of bad',
        type: 'identify',
      });
      expect(again?.message.body).toBe(first?.message.body);
    }
    expect(
      new Set([first?.id, ...replayed.map(({ nextDeadLetterId: comesBackAs }) => comesBackAs)]).size,
    ).toBe(3);
  });

  test("a dead letter that the AWS console's own redrive moves is delivered as if it were new", async () => {
    const { relay, ports } = await withOneRejected();
    relay.fakeSalesmachine?.acceptAll();
    await moveAsTheConsoleDoes(ports);
    const { contacts } = await relay.drained();
    expect(contacts['bad']).toEqual({ plan: 'odd', odd: true });
    expect(await relay.state()).toMatchObject({ deadLettered: 0 });
  });

  test('and one that fails again after that move is another dead letter, of the new cause', async () => {
    const { ports } = await withOneRejected();
    const [before] = await readStoredDeadLetters(ports);
    await moveAsTheConsoleDoes(ports);
    const [after] = await until('it is a dead letter again', async () => {
      const deadLetters = await readStoredDeadLetters(ports);
      return deadLetters.length > 0 ? deadLetters : undefined;
    });
    expect(after).toMatchObject({ reason: 'rejected', replays: 0, acceptedAt: before?.acceptedAt });
    expect(after?.id).not.toBe(before?.id);
    expect(after?.deadAt).toBeGreaterThan(before?.deadAt ?? Number.NaN);
  });
});

describe('where no worker drains the main queue', () => {
  const boxes: DeadLetterFixture[] = [];
  afterEach(async () => {
    await Promise.all(boxes.splice(0).map(({ queues }) => queues.stop()));
  });

  async function open(options?: Parameters<typeof createDeadLetterFixture>[0]): Promise<DeadLetterFixture> {
    const fixture = await createDeadLetterFixture(options);
    boxes.push(fixture);
    return fixture;
  }

  test('two replays at once bring every event to the main queue once, and share the work', async () => {
    const fixture = await open();
    await fixture.writeDeadLetters(createDeadLetters(0, 600));
    const results = await Promise.all([replay(quickly, fixture.ports), replay(quickly, fixture.ports)]);
    expect(results.map(({ failed }) => failed)).toEqual([0, 0]);
    expect(results.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(600);
    expect(messageIds(await fixture.queued())).toEqual(messageIdsFrom(0, 600));
    expect(await fixture.deadLetters()).toEqual([]);
  });

  test('a dead letter that is written again after it was replayed is absorbed within 5 minutes', async () => {
    const fixture = await open();
    const deadLetters = createDeadLetters(0, 3);
    await fixture.writeDeadLetters(deadLetters);
    await replay(quickly, fixture.ports);
    const copies = deadLetters
      .slice(0, 2)
      .map(serializeDeadLetter)
      .map((message) => ({ ...message, deduplicationId: `${message.deduplicationId} later` }));
    await sendMessages(
      copies,
      { ...fixture.ports, queueUrl: fixture.queues.deadLetters.url },
      new AbortController().signal,
    );
    expect(await replay(quickly, fixture.ports)).toMatchObject({ replayed: 2, failed: 0 });
    expect(messageIds(await fixture.queued())).toEqual(messageIdsFrom(0, 3));
    expect(await fixture.deadLetters()).toEqual([]);
  });

  test("messages that SQS moved here are listed as such, and replayed in their user's order", async () => {
    const fixture = await open({ maxReceiveCount: 1 });
    await fixture.writeDeadLetters(createDeadLetters(50, 5));
    const messages = createDeadLetters(0, 50).map(({ body, acceptedAt }, index) => ({
      body: JSON.stringify({ ...JSON.parse(body.toString()), userId: 'one user' }),
      groupId: 'one user',
      deduplicationId: `first delivery ${index}`,
      attributes: { version: '1', acceptedAt },
    }));
    await sendMessages(messages, fixture.ports, new AbortController().signal);
    const { sqs, deadLetterQueueUrl } = fixture.ports;
    while ((await getQueueDepth(sqs, deadLetterQueueUrl)).queued < 55) await fixture.worker.receive(10, 0);

    const [crashed] = (await readStoredDeadLetters(fixture.ports)).filter(
      ({ reason }) => reason === 'receive_limit',
    );
    expect(crashed).toMatchObject({ messageId: 'm0', type: 'track', replays: 0, replayable: true });

    const result = await replay({ ...quickly, filter: { reasons: ['receive_limit'] } }, fixture.ports);
    expect(result).toMatchObject({ matched: 50, replayed: 50, skipped: { filter: 5 }, unread: 0 });
    const queued = await fixture.queued();
    expect(queued.map(({ body }) => JSON.parse(body).messageId)).toEqual(messageIdsFrom(0, 50));
    expect(queued.map(({ attributes }) => attributes['replays'])).toEqual(Array(50).fill('1'));
    expect(messageIds(await fixture.deadLetters())).toEqual(messageIdsFrom(50, 5));
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
