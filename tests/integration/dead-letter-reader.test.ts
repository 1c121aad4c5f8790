import { afterEach, expect, test } from '@jest/globals';
import { serializeDeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { createDeadLetterReader } from '../../lib/dead-letters/dead-letter-reader.ts';
import type { StoredDeadLetter } from '../../lib/dead-letters/stored-dead-letter.ts';
import { getQueueDepth } from '../../lib/sqs/queue-depth.ts';
import { sendMessages } from '../../lib/sqs/send-messages.ts';
import {
  createDeadLetter,
  createDeadLetterFixture,
  createDeadLetters,
  type DeadLetterFixture,
  messageIds,
  messageIdsFrom,
} from '../support/dead-letter-fixtures.ts';
import { spawnReplayProcess } from '../support/replay-processes.ts';
import { until } from '../support/until.ts';

const fixtures: DeadLetterFixture[] = [];
afterEach(async () => {
  await Promise.all(fixtures.splice(0).map(({ queues }) => queues.stop()));
});

async function createFixture(
  options?: Parameters<typeof createDeadLetterFixture>[0],
): Promise<DeadLetterFixture> {
  const fixture = await createDeadLetterFixture(options);
  fixtures.push(fixture);
  return fixture;
}

async function collect(deadLetters: AsyncIterable<StoredDeadLetter[]>): Promise<StoredDeadLetter[]> {
  const read: StoredDeadLetter[] = [];
  for await (const batch of deadLetters) read.push(...batch);
  return read;
}

const toMessages = (deadLetters: readonly StoredDeadLetter[]) => deadLetters.map(({ message }) => message);
const depth = ({ ports }: DeadLetterFixture) => getQueueDepth(ports.sqs, ports.deadLetterQueueUrl);

test('5,000 dead letters are listed, each once, and then as visible as before', async () => {
  const fixture = await createFixture({ maxReceiveCount: 1 });
  await crash(fixture, 200);
  await fixture.writeDeadLetters(createDeadLetters(200, 4_800));

  const deadLetters = await collect(createDeadLetterReader(fixture.ports, { waitSeconds: 0 }).batches());

  const own = deadLetters.filter(({ reason }) => reason !== 'receive_limit');
  expect(messageIds(toMessages(own))).toEqual(messageIdsFrom(200, 4_800));
  // Of the 200 that SQS moved here with their user's group, only the first can be seen without removing any.
  expect(deadLetters.length).toBe(4_801);
  expect(await depth(fixture)).toEqual({ queued: 5_000, inFlight: 0 });
});

test('dead letters behind others of their user come once those are removed', async () => {
  const fixture = await createFixture({ maxReceiveCount: 1 });
  await crash(fixture, 12);
  await fixture.writeDeadLetters(createDeadLetters(12, 3));
  const reader = createDeadLetterReader(fixture.ports, { waitSeconds: 0 });
  const read: StoredDeadLetter[] = [];
  for await (const deadLetters of reader.batches()) {
    read.push(...deadLetters);
    expect(
      await reader.deleteDeadLetters(deadLetters.filter(({ reason }) => reason === 'receive_limit')),
    ).toEqual([]);
  }
  expect(messageIds(toMessages(read))).toEqual(messageIdsFrom(0, 15));
  expect(messageIds(await fixture.deadLetters())).toEqual(messageIdsFrom(12, 3));
});

test('a dead letter that was written twice is listed once, and removed with its copy', async () => {
  const fixture = await createFixture();
  await fixture.writeDeadLetters(createDeadLetters(0, 3));
  // The queue would recognise the copy for five minutes: its deduplication id says that they have passed.
  const copy = { ...serializeDeadLetter(createDeadLetter(1)), deduplicationId: 'five minutes later' };
  await sendMessages(
    [copy],
    { ...fixture.ports, queueUrl: fixture.queues.deadLetters.url },
    new AbortController().signal,
  );

  const reader = createDeadLetterReader(fixture.ports, { waitSeconds: 0 });
  const read: StoredDeadLetter[] = [];
  for await (const deadLetters of reader.batches()) {
    read.push(...deadLetters);
    await reader.deleteDeadLetters(deadLetters.filter(({ messageId }) => messageId === 'm1'));
  }
  expect(messageIds(toMessages(read))).toEqual(messageIdsFrom(0, 3));
  expect(messageIds(await fixture.deadLetters())).toEqual(['m0', 'm2']);
});

test('a listing that is left early releases what it has read', async () => {
  const fixture = await createFixture();
  await fixture.writeDeadLetters(createDeadLetters(0, 250));
  for await (const deadLetters of createDeadLetterReader(fixture.ports).batches()) {
    expect(deadLetters.length).toBe(100);
    expect(await depth(fixture)).toEqual({ queued: 150, inFlight: 100 });
    break;
  }
  expect(await depth(fixture)).toEqual({ queued: 250, inFlight: 0 });
});

test('a listing that is aborted ends, and releases what it has read', async () => {
  const fixture = await createFixture();
  await fixture.writeDeadLetters(createDeadLetters(0, 250));
  const stop = new AbortController();
  let read = 0;
  for await (const deadLetters of createDeadLetterReader(fixture.ports, { signal: stop.signal }).batches()) {
    read += deadLetters.length;
    stop.abort();
  }
  expect(read).toBe(100);
  expect(await depth(fixture)).toEqual({ queued: 250, inFlight: 0 });
});

test('what is read stays hidden for as long as the listing takes', async () => {
  const fixture = await createFixture();
  await fixture.writeDeadLetters(createDeadLetters(0, 20));
  const deadLetters = createDeadLetterReader(fixture.ports, {
    visibilitySeconds: 1,
    waitSeconds: 0,
  }).batches();
  await deadLetters.next();
  const begun = fixture.ports.clock.now();
  await until('the visibility time-out has passed twice', async () => {
    expect((await fixture.deadLetters()).length).toBe(0);
    return fixture.ports.clock.now() - begun > 2_000;
  });
  await deadLetters.return(undefined);
  expect(await depth(fixture)).toEqual({ queued: 20, inFlight: 0 });
});

test('two listings at once hide dead letters from each other, but lose none, and say so', async () => {
  const fixture = await createFixture();
  await fixture.writeDeadLetters(createDeadLetters(0, 300));
  const readers = [createDeadLetterReader(fixture.ports), createDeadLetterReader(fixture.ports)];
  const read = await Promise.all(readers.map((reader) => collect(reader.batches())));
  expect(await depth(fixture)).toEqual({ queued: 300, inFlight: 0 });
  expect(new Set(messageIds(toMessages(read.flat())))).toEqual(new Set(messageIdsFrom(0, 300)));
  for (const [index, reader] of readers.entries()) {
    expect(await reader.countUnread()).toBe(300 - (read[index]?.length ?? 0));
  }
});

test('a queue that does not answer is an error, not an empty list', async () => {
  const fixture = await createFixture();
  const deadLetters = collect(
    createDeadLetterReader({
      ...fixture.ports,
      deadLetterQueueUrl: `${fixture.queues.endpoint}/000000000000/none.fifo`,
    }).batches(),
  );
  await expect(deadLetters).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
});

test('a listing that is killed leaves every dead letter visible again, once its time is up', async () => {
  const fixture = await createFixture();
  await fixture.writeDeadLetters(createDeadLetters(0, 120));
  const listing = spawnReplayProcess({
    what: 'list',
    endpoint: fixture.queues.endpoint,
    queueUrl: fixture.queues.main.url,
    deadLetterQueueUrl: fixture.queues.deadLetters.url,
    visibilitySeconds: 1,
    rate: 100,
  });
  await listing.ready();
  listing.start();
  expect(await listing.line()).toBe('read 120');
  expect((await depth(fixture)).inFlight).toBe(120);
  listing.kill();
  await listing.ended();

  const read = await until('all dead letters are visible', async () => {
    const deadLetters = await collect(createDeadLetterReader(fixture.ports, { waitSeconds: 0 }).batches());
    return deadLetters.length === 120 ? deadLetters : undefined;
  });
  expect(messageIds(toMessages(read))).toEqual(messageIdsFrom(0, 120));
});

/** Lets SQS itself move so many messages of one user to the dead letters: they were received too often. */
async function crash(fixture: DeadLetterFixture, count: number): Promise<void> {
  const messages = createDeadLetters(0, count).map(({ body }, index) => ({
    body: body.toString(),
    groupId: 'one user',
    deduplicationId: `crash ${index}`,
    attributes: { version: '1' },
  }));
  await sendMessages(messages, fixture.ports, new AbortController().signal);
  while ((await depth(fixture)).queued < count) await fixture.worker.receive(10, 0);
}
