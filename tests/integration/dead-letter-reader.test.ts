import { afterEach, expect, test } from '@jest/globals';
import { deadLetterMessage } from '../../lib/dead-letters/dead-letter.ts';
import { createLetterReader, readLetters } from '../../lib/dead-letters/dead-letter-reader.ts';
import type { StoredLetter } from '../../lib/dead-letters/stored-dead-letter.ts';
import { depthOf } from '../../lib/sqs/queue-depth.ts';
import { sendAll } from '../../lib/sqs/send-messages.ts';
import {
  idsFrom,
  type LetterBox,
  messageIds,
  numbered,
  numberedFrom,
  openLetterBox,
} from '../support/dead-letter-fixtures.ts';
import { spawnLetterProcess } from '../support/replay-processes.ts';
import { until } from '../support/until.ts';

const boxes: LetterBox[] = [];
afterEach(async () => {
  await Promise.all(boxes.splice(0).map(({ queues }) => queues.stop()));
});

async function open(options?: Parameters<typeof openLetterBox>[0]): Promise<LetterBox> {
  const box = await openLetterBox(options);
  boxes.push(box);
  return box;
}

async function all(letters: AsyncIterable<StoredLetter[]>): Promise<StoredLetter[]> {
  const read: StoredLetter[] = [];
  for await (const batch of letters) read.push(...batch);
  return read;
}

const bodies = (letters: readonly StoredLetter[]) => letters.map(({ message }) => message);
const depth = ({ ports }: LetterBox) => depthOf(ports.sqs, ports.deadLetterQueueUrl);

test('5,000 letters are listed, each once, and then as visible as before', async () => {
  const box = await open({ maxReceiveCount: 1 });
  await crash(box, 200);
  await box.bury(numberedFrom(200, 4_800));

  const letters = await all(readLetters(box.ports, { waitSeconds: 0 }));

  const own = letters.filter(({ reason }) => reason !== 'receive_limit');
  expect(messageIds(bodies(own))).toEqual(idsFrom(200, 4_800));
  // Of the 200 that SQS moved here with their user's group, only the first can be seen without removing any.
  expect(letters.length).toBe(4_801);
  expect(await depth(box)).toEqual({ queued: 5_000, inFlight: 0 });
}, 30_000);

test('letters behind others of their user come once those are removed', async () => {
  const box = await open({ maxReceiveCount: 1 });
  await crash(box, 12);
  await box.bury(numberedFrom(12, 3));
  const reader = createLetterReader(box.ports, { waitSeconds: 0 });
  const read: StoredLetter[] = [];
  for await (const letters of reader.batches()) {
    read.push(...letters);
    expect(await reader.remove(letters.filter(({ reason }) => reason === 'receive_limit'))).toEqual([]);
  }
  expect(messageIds(bodies(read))).toEqual(idsFrom(0, 15));
  expect(messageIds(await box.deadLetters())).toEqual(idsFrom(12, 3));
});

test('a letter that was written twice is listed once, and removed with its copy', async () => {
  const box = await open();
  await box.bury(numberedFrom(0, 3));
  // The queue would recognise the copy for five minutes: its deduplication id says that they have passed.
  const copy = { ...deadLetterMessage(numbered(1)), deduplicationId: 'five minutes later' };
  await sendAll([copy], { ...box.ports, queueUrl: box.queues.deadLetters.url }, AbortSignal.timeout(5_000));

  const reader = createLetterReader(box.ports, { waitSeconds: 0 });
  const read: StoredLetter[] = [];
  for await (const letters of reader.batches()) {
    read.push(...letters);
    await reader.remove(letters.filter(({ messageId }) => messageId === 'm1'));
  }
  expect(messageIds(bodies(read))).toEqual(idsFrom(0, 3));
  expect(messageIds(await box.deadLetters())).toEqual(['m0', 'm2']);
});

test('a listing that is left early hands back what it has read', async () => {
  const box = await open();
  await box.bury(numberedFrom(0, 250));
  for await (const letters of readLetters(box.ports)) {
    expect(letters.length).toBe(100);
    expect(await depth(box)).toEqual({ queued: 150, inFlight: 100 });
    break;
  }
  expect(await depth(box)).toEqual({ queued: 250, inFlight: 0 });
});

test('a listing that is aborted ends, and hands back what it has read', async () => {
  const box = await open();
  await box.bury(numberedFrom(0, 250));
  const stop = new AbortController();
  let read = 0;
  for await (const letters of readLetters(box.ports, { signal: stop.signal })) {
    read += letters.length;
    stop.abort();
  }
  expect(read).toBe(100);
  expect(await depth(box)).toEqual({ queued: 250, inFlight: 0 });
});

test('what is read stays hidden for as long as the listing takes', async () => {
  const box = await open();
  await box.bury(numberedFrom(0, 20));
  const letters = readLetters(box.ports, { visibilitySeconds: 1, waitSeconds: 0 });
  await letters.next();
  const begun = box.ports.clock.now();
  await until('the visibility time-out has passed twice', async () => {
    expect((await box.deadLetters()).length).toBe(0);
    return box.ports.clock.now() - begun > 2_000;
  });
  await letters.return(undefined);
  expect(await depth(box)).toEqual({ queued: 20, inFlight: 0 });
});

test('two listings at once hide letters from each other, but lose none, and say so', async () => {
  const box = await open();
  await box.bury(numberedFrom(0, 300));
  const readers = [createLetterReader(box.ports), createLetterReader(box.ports)];
  const read = await Promise.all(readers.map((reader) => all(reader.batches())));
  expect(await depth(box)).toEqual({ queued: 300, inFlight: 0 });
  expect(new Set(messageIds(bodies(read.flat())))).toEqual(new Set(idsFrom(0, 300)));
  for (const [index, reader] of readers.entries()) {
    expect(await reader.unread()).toBe(300 - (read[index]?.length ?? 0));
  }
});

test('a queue that does not answer is an error, not an empty list', async () => {
  const box = await open();
  const letters = all(
    readLetters({ ...box.ports, deadLetterQueueUrl: `${box.queues.endpoint}/nobody/none.fifo` }),
  );
  await expect(letters).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
});

test('a listing that is killed leaves every letter visible again, once its time is up', async () => {
  const box = await open();
  await box.bury(numberedFrom(0, 120));
  const listing = spawnLetterProcess({
    what: 'list',
    endpoint: box.queues.endpoint,
    queueUrl: box.queues.main.url,
    deadLetterQueueUrl: box.queues.deadLetters.url,
    visibilitySeconds: 1,
    rate: 100,
  });
  await listing.ready();
  listing.start();
  expect(await listing.line()).toBe('read 120');
  expect((await depth(box)).inFlight).toBe(120);
  listing.kill();
  await listing.ended();

  const read = await until('all letters are visible', async () => {
    const letters = await all(readLetters(box.ports, { waitSeconds: 0 }));
    return letters.length === 120 ? letters : undefined;
  });
  expect(messageIds(bodies(read))).toEqual(idsFrom(0, 120));
});

/** Lets SQS itself move so many messages of one user to the dead letters: they were received too often. */
async function crash(box: LetterBox, count: number): Promise<void> {
  const messages = numberedFrom(0, count).map(({ body }, index) => ({
    body: body.toString(),
    groupId: 'one user',
    deduplicationId: `crash ${index}`,
    attributes: { version: '1' },
  }));
  await sendAll(messages, box.ports, AbortSignal.timeout(10_000));
  while ((await depth(box)).queued < count) await box.worker.receive(10, 0);
}
