import { DeleteMessageBatchCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replay } from '../../../lib/dead-letters/replay-dead-letters.ts';
import {
  createDeadLetters,
  createVirtualDeadLetterFixture,
  DEAD_LETTERED_AT,
  isAllVisible,
  messageIds,
  messageIdsFrom,
  runReplay,
} from '../../support/dead-letter-fixtures.ts';

test('a signal stops it after the step that is under way: nothing is lost, and the rest is visible', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const stop = new AbortController();
  const result = await runReplay(fixture, createDeadLetters(0, 100), {
    signal: stop.signal,
    onProgress: ({ replayed }) => replayed >= 30 && stop.abort(),
  });
  expect(result).toMatchObject({ replayed: 30, failed: 0, more: true });
  expect(messageIds(fixture.sent())).toEqual(messageIdsFrom(0, 30));
  expect(messageIds(fixture.remaining())).toEqual(messageIdsFrom(30, 70));
  expect(isAllVisible(fixture)).toBe(true);
});

test('one that is stopped before it has read anything says that there may be more', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const result = await runReplay(fixture, createDeadLetters(0, 3), { signal: AbortSignal.abort() });
  expect(result).toMatchObject({ matched: 0, replayed: 0, more: true, unread: 3 });
});

test('a main queue that takes nothing stops it within seconds: the dead letters are counted, and stay', async () => {
  const fixture = createVirtualDeadLetterFixture([{ what: 'unsendable', from: 1_000 }]);
  const begun = DEAD_LETTERED_AT + 1_000;
  const result = await fixture.run(
    (async () => {
      await fixture.worker.writeDeadLetters(createDeadLetters(0, 30));
      await fixture.time.sleep(begun - fixture.time.now());
      return replay({}, fixture.ports);
    })(),
  );
  expect(result).toMatchObject({ replayed: 0, failed: 10, more: true });
  expect(fixture.time.now() - begun).toBeLessThan(10_000);
  expect(messageIds(fixture.remaining())).toEqual(messageIdsFrom(0, 30));
  expect(isAllVisible(fixture)).toBe(true);
  expect(fixture.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: 'replay stopped', fields: { messages: 10 } },
  ]);
});

test('a dead letter that the main queue refuses for good is left and counted, and the others go on', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const { sqs } = fixture.ports;
  const send: typeof sqs.send = async (command: object, ...rest: unknown[]) => {
    if (!(command instanceof SendMessageBatchCommand))
      return Reflect.apply(sqs.send, sqs, [command, ...rest]);
    const { QueueUrl, Entries = [] } = command.input;
    const isRefused = ({ MessageBody = '' }) => MessageBody.includes('"m7"');
    const taken = new SendMessageBatchCommand({
      QueueUrl,
      Entries: Entries.filter((entry) => !isRefused(entry)),
    });
    const answer = await Reflect.apply(sqs.send, sqs, [taken, ...rest]);
    const refusal = { Code: 'InvalidMessageContents', SenderFault: true };
    return { ...answer, Failed: Entries.filter(isRefused).map(({ Id }) => ({ Id, ...refusal })) };
  };
  const result = await fixture.run(
    (async () => {
      await fixture.worker.writeDeadLetters(createDeadLetters(0, 30));
      return replay({}, { ...fixture.ports, sqs: { send } });
    })(),
  );
  expect(result).toMatchObject({ matched: 30, replayed: 29, failed: 1, more: false });
  expect(fixture.sent()).toHaveLength(29);
  expect(fixture.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { message: 'messages not confirmed', fields: { failed: 1 } },
  ]);
  expect(messageIds(fixture.remaining())).toEqual(['m7']);
  expect(isAllVisible(fixture)).toBe(true);
});

test('a dead-letter queue that deletes nothing stops it: what was sent once is not sent over and over', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const { sqs } = fixture.ports;
  const send: typeof sqs.send = (command: object, ...rest: unknown[]) =>
    command instanceof DeleteMessageBatchCommand
      ? Promise.reject(new Error('SQS does not delete now.'))
      : Reflect.apply(sqs.send, sqs, [command, ...rest]);
  const reported: unknown[] = [];
  const result = await fixture.run(
    (async () => {
      await fixture.worker.writeDeadLetters(createDeadLetters(0, 100));
      return replay(
        { onProgress: (_, replayed) => reported.push(...replayed) },
        { ...fixture.ports, sqs: { send } },
      );
    })(),
  );
  expect(result).toMatchObject({ replayed: 0, failed: 10, more: true });
  expect(reported).toEqual([]);
  expect(fixture.sent()).toHaveLength(10);
  expect(fixture.remaining()).toHaveLength(100);
});

test('dead letters that another reader has are out of reach, and counted', async () => {
  const fixture = createVirtualDeadLetterFixture();
  const result = await fixture.run(
    (async () => {
      await fixture.worker.writeDeadLetters(createDeadLetters(0, 20));
      const elsewhere = replay({ limit: 8, rate: 1 }, fixture.ports);
      await fixture.time.sleep(1_000);
      const here = await replay({}, fixture.ports);
      return { here, elsewhere: await elsewhere };
    })(),
  );
  expect(result.here).toMatchObject({ replayed: 0, more: false });
  expect(result.here.unread).toBeGreaterThan(0);
  expect(result.elsewhere).toMatchObject({ replayed: 8, more: true });
  expect(fixture.remaining().length).toBe(12);
});

test('whatever goes wrong with SQS, repeated replays bring every event to the main queue, once', async () => {
  const faultKind = fc.constantFrom('refused', 'lost', 'partial', 'slow', 'short', 'unsendable');
  const faultLists = fc.array(
    fc.record({ what: faultKind, chance: fc.double({ min: 0.05, max: 0.6, noNaN: true }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(faultLists, fc.nat(), async (faults, seed) => {
      const during = { from: 1_000, until: 100_000 };
      const fixture = createVirtualDeadLetterFixture(
        faults.map((fault) => ({ ...fault, ...during })),
        seed,
      );
      await fixture.run(
        (async () => {
          await fixture.worker.writeDeadLetters(createDeadLetters(0, 60));
          await fixture.time.sleep(DEAD_LETTERED_AT + during.from - fixture.time.now());
          while (fixture.remaining().length > 0) {
            await replay({ rate: 30 }, fixture.ports).catch(() => undefined);
            await fixture.time.sleep(2_000);
          }
        })(),
      );
      expect(messageIds(fixture.sent())).toEqual(messageIdsFrom(0, 60));
    }),
    { numRuns: 60 },
  );
});
