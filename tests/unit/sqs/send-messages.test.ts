import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Random } from '../../../lib/runtime/random.ts';
import type { OutgoingMessage } from '../../../lib/sqs/message.ts';
import { sendMessages, trySendMessages } from '../../../lib/sqs/send-messages.ts';
import { findSendBatchFailure } from '../../simulation/models/sqs-service-limits.ts';
import { type EntryResult, fakeSqs } from '../../support/fake-sqs.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const MEBIBYTE = 1_048_576;

const message = (groupId: string, body: string): OutgoingMessage => ({
  body,
  groupId,
  deduplicationId: `id of ${body.slice(0, 40)}`,
  attributes: { version: '1' },
});

/** `count` messages of one group, told apart by their bodies. */
const ofGroup = (groupId: string, count: number) =>
  Array.from({ length: count }, (_, index) => message(groupId, `${groupId} ${index}`));

type Options = {
  resultFor?: (body: string) => EntryResult;
  deadlineMs?: number;
  random?: Random;
};

async function send(
  messages: OutgoingMessage[],
  { resultFor, deadlineMs = 60_000, random = () => 0.5 }: Options = {},
) {
  const time = createVirtualTime();
  const startedAt = time.now();
  const sqs = fakeSqs(time, resultFor && { resultFor });
  const log = recordingLog();
  const deadline = new AbortController();
  const cancel = time.schedule(deadlineMs, () => deadline.abort(new Error('the deadline')));
  const ports = {
    sqs,
    queueUrl: 'queue',
    clock: time,
    random,
    log,
  };
  const result = sendMessages(messages, ports, deadline.signal).then(
    () => {
      cancel();
      return 'confirmed';
    },
    (error: Error) => error.message,
  );
  await time.run();
  return { result: await result, sqs, log, tookMs: time.now() - startedAt };
}

/** The entry fails so often, and is then taken. */
function failFirst(times: number, body: string, entryResult: EntryResult): (body: string) => EntryResult {
  let left = times;
  return (other) => (other === body && left-- > 0 ? entryResult : 'taken');
}

const bodiesOf = (messages: OutgoingMessage[]) => messages.map(({ body }) => body);
const sizesOf = (calls: readonly unknown[][]) => calls.map(({ length }) => length);
const ofOneGroup = (bodies: readonly string[], groupId: string) =>
  bodies.filter((body) => body.startsWith(`${groupId} `));

describe('messages go to SQS', () => {
  test('ten to a call, many calls at once, if no two are of a group', async () => {
    const messages = Array.from({ length: 25 }, (_, index) => message(`g${index}`, `${index}`));
    const { result, sqs, tookMs } = await send(messages);
    expect(result).toBe('confirmed');
    expect(sizesOf(sqs.sends)).toEqual([10, 10, 5]);
    expect(tookMs).toBe(10);
    expect(sqs.accepted).toEqual(bodiesOf(messages));
  });

  test('as entries that say all that a message is', async () => {
    const { sqs } = await send([
      { ...message('g', 'body'), traceHeader: 'Root=1-abc' },
      message('h', 'other'),
    ]);
    expect(sqs.sends).toEqual([
      [
        {
          Id: '0',
          MessageBody: 'body',
          MessageGroupId: 'g',
          MessageDeduplicationId: 'id of body',
          MessageAttributes: { version: { DataType: 'String', StringValue: '1' } },
          MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-abc' } },
        },
        expect.not.objectContaining({ MessageSystemAttributes: expect.anything() }),
      ],
    ]);
  });

  test('by bytes: 1 MiB a call, attributes included', async () => {
    const attributeBytes = 'version'.length + 'String'.length + '1'.length;
    const half = MEBIBYTE / 2 - attributeBytes;
    const bodies = [half, half, half + 1, half, 10, MEBIBYTE - attributeBytes, 10];
    const messages = bodies.map((bytes, index) => message(`g${index}`, String(index).repeat(bytes)));
    const { result, sqs } = await send(messages);
    expect(result).toBe('confirmed');
    expect(sizesOf(sqs.sends)).toEqual([2, 1, 2, 1, 1]);
    for (const call of sqs.sends) expect(findSendBatchFailure(call)).toBeUndefined();
  });

  test('25 calls at once at most, and none is begun once the time is up', async () => {
    const messages = Array.from({ length: 10_000 }, (_, index) => message(`g${index}`, `${index}`));
    const { result, sqs } = await send(messages, { deadlineMs: 35 });
    expect(result).toBe('the deadline');
    expect(sqs.sends).toHaveLength(4 * 25);
  });

  test('alone, where one is more than a call carries: SQS itself refuses it', async () => {
    const messages = [message('a', 'x'.repeat(MEBIBYTE + 1)), message('b', 'fits')];
    const { sqs } = await send(messages);
    expect(sizesOf(sqs.sends)).toEqual([1, 1]);
  });

  test('each alone, where each of a large group is more than a call carries', async () => {
    const { sqs } = await send(
      Array.from({ length: 12 }, (_, index) => message('a', String(index).padEnd(MEBIBYTE + 1, '.'))),
    );
    expect(sizesOf(sqs.sends)).toEqual(Array(12).fill(1));
  });

  test('nowhere, if there are none', async () => {
    expect(await send([])).toMatchObject({ result: 'confirmed', sqs: { sends: [] } });
  });

  test('of one group, one after the other', async () => {
    const { sqs, tookMs } = await send(ofGroup('a', 11));
    expect(sizesOf(sqs.sends)).toEqual(Array(11).fill(1));
    expect(tookMs).toBe(110);
  });

  test('of a group of more, ten to a call once SQS has taken one', async () => {
    const messages = ofGroup('a', 4_000);
    const { result, sqs, tookMs } = await send(messages);
    expect(result).toBe('confirmed');
    expect(sqs.accepted).toEqual(bodiesOf(messages));
    expect(sizesOf(sqs.sends)).toEqual([1, ...Array(399).fill(10), 9]);
    expect(tookMs).toBe(4_010);
  });

  test('of a group of more, one to a call while SQS fails them', async () => {
    const messages = ofGroup('a', 20);
    const { sqs } = await send(messages, { resultFor: failFirst(2, 'a 3', 'refused') });
    expect(sizesOf(sqs.sends)).toEqual([1, 10, 1, 1, ...Array(9).fill(1)]);
    expect(sqs.accepted.toSorted()).toEqual(bodiesOf(messages).toSorted());
  });

  test('of groups of all sizes, in as few calls as hold them', async () => {
    const messages = [ofGroup('a', 2), ofGroup('b', 21), ofGroup('c', 2), ofGroup('d', 21)].flat();
    const { sqs } = await send(messages);
    expect(sizesOf(sqs.sends)).toEqual([4, 10, 10, 2, 10, 10]);
    for (const group of ['b', 'd'])
      expect(ofOneGroup(sqs.accepted, group)).toEqual(bodiesOf(ofGroup(group, 21)));
  });

  test('of a large group of large messages, as many to a call as it carries', async () => {
    const messages = Array.from({ length: 101 }, (_, index) =>
      message('a', String(index).padEnd(400_000, '.')),
    );
    const { result, sqs } = await send(messages, { deadlineMs: 1_000 });
    expect(result).toBe('confirmed');
    expect(sqs.accepted).toEqual(bodiesOf(messages));
    for (const call of sqs.sends) expect(findSendBatchFailure(call)).toBeUndefined();
  });
});

describe('a message that SQS does not take', () => {
  test.each<EntryResult>(['refused', 'lost'])(
    'is sent until it is (%s), and holds back its group only',
    async (entryResult) => {
      const messages = [...ofGroup('a', 3), ...ofGroup('b', 3), ...ofGroup('c', 1)];
      const { result, sqs, log } = await send(messages, { resultFor: failFirst(3, 'a 0', entryResult) });
      expect(result).toBe('confirmed');
      expect(sqs.accepted.toSorted()).toEqual(bodiesOf(messages).toSorted());
      expect(ofOneGroup(sqs.accepted, 'a')).toEqual(['a 0', 'a 1', 'a 2']);
      expect(ofOneGroup(sqs.accepted, 'b')).toEqual(['b 0', 'b 1', 'b 2']);
      if (entryResult === 'refused') expect(sqs.accepted.at(-3)).toBe('a 0');
      const error = entryResult === 'refused' ? 'InternalError' : 'TimeoutError';
      expect(log.lines).toContainEqual(
        expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ error }) }),
      );
    },
  );

  test('is sent with the same deduplication id again', async () => {
    const { sqs } = await send(ofGroup('a', 1), { resultFor: failFirst(2, 'a 0', 'lost') });
    expect(sqs.sends.flat().map((entry) => entry.MessageDeduplicationId)).toEqual(Array(3).fill('id of a 0'));
  });

  test('by the deadline fails the whole, and nothing is sent any more', async () => {
    const messages = [...ofGroup('a', 2), ...ofGroup('b', 1)];
    const { result, sqs, tookMs } = await send(messages, {
      resultFor: (body) => (body === 'a 0' ? 'refused' : 'taken'),
      deadlineMs: 4_000,
    });
    expect(result).toBe('the deadline');
    expect(tookMs).toBe(4_000);
    expect(sqs.accepted).toEqual(['b 0']);
  });

  test('is tried again after a pause with full jitter, of 50 ms at first and of a second at most', async () => {
    const resultFor = failFirst(1, 'a 0', 'refused');
    expect((await send(ofGroup('a', 1), { resultFor, random: () => 0.9 })).tookMs).toBe(10 + 45 + 10);
    const { sqs } = await send(ofGroup('a', 1), { resultFor: () => 'refused', random: () => 0.99 });
    expect(sqs.sends.length).toBeGreaterThan(58);
  });

  test('is tried again after the shortest pause as long as SQS takes others', async () => {
    const messages = [...ofGroup('a', 1), ...ofGroup('b', 21)];
    const { tookMs } = await send(messages, { resultFor: failFirst(3, 'a 0', 'refused') });
    expect(tookMs).toBe(4 * 10 + 3 * 25);
  });

  test('is not asked for more than some times a second', async () => {
    const { sqs } = await send(ofGroup('a', 1), { resultFor: () => 'refused', deadlineMs: 4_000 });
    expect(sqs.sends.length).toBeGreaterThan(4);
    expect(sqs.sends.length).toBeLessThan(20);
  });
});

describe('a message that SQS refuses for good', () => {
  const refuseFirst = (body: string): EntryResult => (body === 'a 0' ? 'sender_fault' : 'taken');

  test('is not sent again, and neither its group nor its call waits for it', async () => {
    const messages = [...ofGroup('a', 3), ...ofGroup('b', 1)];
    const time = createVirtualTime();
    const sqs = fakeSqs(time, { resultFor: refuseFirst });
    const ports = { sqs, queueUrl: 'queue', clock: time, random: () => 0.5, log: recordingLog() };
    const sent = trySendMessages(messages, ports, AbortSignal.any([]));
    await time.run();
    const { refused, sqsMessageIds } = await sent;
    expect([...refused]).toEqual([[messages[0], 'InvalidMessageContents']]);
    expect([...sqsMessageIds.keys()].map(({ body }) => body).toSorted()).toEqual(['a 1', 'a 2', 'b 0']);
    expect(sqs.sends.flat().filter(({ MessageBody }) => MessageBody === 'a 0')).toHaveLength(1);
  });

  test('is an error for those who must have all of them confirmed', async () => {
    const { result } = await send(ofGroup('a', 2), { resultFor: refuseFirst });
    expect(result).toBe('SQS refuses a message: InvalidMessageContents');
  });
});

test('whatever SQS refuses for a while, every message is taken, and each group of up to eleven in order', async () => {
  const groups = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 60 });
  const results = fc.infiniteStream(
    fc.oneof(
      { arbitrary: fc.constant<EntryResult>('taken'), weight: 3 },
      fc.constant<EntryResult>('refused'),
      fc.constant<EntryResult>('lost'),
    ),
  );
  await fc.assert(
    fc.asyncProperty(groups, results, async (groupIds, stream) => {
      const messages = groupIds.map((groupId, index) => message(groupId, `${groupId} ${index}`));
      let asked = 0;
      const resultFor = () => (asked++ < 100 ? (stream.next().value ?? 'taken') : 'taken');
      const { result, sqs } = await send(messages, { resultFor });
      expect(result).toBe('confirmed');
      for (const groupId of new Set(groupIds)) {
        const [accepted, sent] = [sqs.accepted, bodiesOf(messages)].map((all) => ofOneGroup(all, groupId));
        expect(accepted?.toSorted()).toEqual(sent?.toSorted());
        if ((sent?.length ?? 0) <= 11) expect(accepted).toEqual(sent);
      }
    }),
    { numRuns: 50 },
  );
});
