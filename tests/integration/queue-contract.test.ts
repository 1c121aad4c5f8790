import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Sqs } from '../../lib/queue/client.ts';
import { createFifoQueue } from '../simulation/queue-model.ts';
import { seededRandom } from '../simulation/random.ts';
import { sqsClient } from '../simulation/sqs-client.ts';
import { createSqsModel } from '../simulation/sqs-model.ts';
import { createVirtualTime } from '../simulation/virtual-time.ts';

/** A fresh pair of queues, the second being the first one's dead-letter queue after three receives. */
type Queues = { sqs: Sqs; main: string; dead: string; clock: Clock };

type Behaviour = {
  name: string;
  check: (queues: Queues) => Promise<void>;
  /** Set where fauxqs is known to differ from SQS: what it does instead. */
  fauxqs?: string;
};

const VISIBILITY_SECONDS = 30;
const MAX_RECEIVE_COUNT = 3;

const entry = (body: string, group = 'a', more: Partial<SendMessageBatchRequestEntry> = {}) => ({
  Id: body.slice(0, 20),
  MessageBody: body,
  MessageGroupId: group,
  MessageDeduplicationId: `${group}-${body.slice(0, 20)}`,
  ...more,
});

const send = ({ sqs, main }: Queues, ...Entries: SendMessageBatchRequestEntry[]) =>
  sqs.send(new SendMessageBatchCommand({ QueueUrl: main, Entries }));

async function receive(
  { sqs, main }: Queues,
  input: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: main, MaxNumberOfMessages: 10, ...input });
  return (await sqs.send(command)).Messages ?? [];
}

/** Waits for messages without the server's help: a long poll would be another behaviour. */
async function eventually(
  queues: Queues,
  input: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  for (;;) {
    const messages = await receive(queues, input);
    if (messages.length > 0) return messages;
    await queues.clock.sleep(50);
  }
}

const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body);

const remove = ({ sqs, main }: Queues, { ReceiptHandle }: Message = {}) =>
  sqs.send(new DeleteMessageCommand({ QueueUrl: main, ReceiptHandle }));

const hide = ({ sqs, main }: Queues, { ReceiptHandle }: Message = {}, VisibilityTimeout = 0) =>
  sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: main, ReceiptHandle, VisibilityTimeout }));

const refusal = (name: string) => expect.objectContaining({ name: expect.stringContaining(name) });

const behaviours: readonly Behaviour[] = [
  {
    name: 'a batch is confirmed entry by entry, and each message is received once',
    check: async (queues) => {
      const { Successful = [], Failed = [] } = await send(queues, entry('one', 'a'), entry('two', 'b'));
      expect(Successful.map(({ Id }) => Id)).toEqual(['one', 'two']);
      expect(Failed).toEqual([]);
      expect(bodies(await receive(queues)).toSorted()).toEqual(['one', 'two']);
      expect(await receive(queues)).toEqual([]);
    },
  },
  {
    name: 'while a message is in flight its group waits, and other groups do not',
    check: async (queues) => {
      await send(queues, entry('a1', 'a'), entry('a2', 'a'), entry('b1', 'b'));
      expect(bodies(await receive(queues, { MaxNumberOfMessages: 1 }))).toEqual(['a1']);
      expect(bodies(await receive(queues))).toEqual(['b1']);
      expect(await receive(queues)).toEqual([]);
    },
  },
  {
    name: 'one receive hands out several messages of a group, in their order',
    check: async (queues) => {
      await send(queues, entry('a1', 'a'), entry('b1', 'b'), entry('a2', 'a'), entry('a3', 'a'));
      expect(bodies(await receive(queues))).toEqual(['a1', 'a2', 'a3', 'b1']);
    },
    fauxqs: 'hands out one message of a group',
  },
  {
    name: 'a deleted message makes way for the next of its group',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('a2'));
      const [first] = await receive(queues, { MaxNumberOfMessages: 1 });
      await remove(queues, first);
      expect(bodies(await receive(queues))).toEqual(['a2']);
    },
  },
  {
    name: 'of messages that were handed out together, the group stays locked until the last is deleted',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('a2'), entry('a3'));
      const [first, second] = await receive(queues, { MaxNumberOfMessages: 2 });
      await remove(queues, first);
      expect(await receive(queues)).toEqual([]);
      await remove(queues, second);
      expect(bodies(await receive(queues))).toEqual(['a3']);
    },
    fauxqs: 'hands out one message of a group',
  },
  {
    name: 'a message that is handed back comes first again, counts its receives, and has a new handle',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('a2'));
      const [first] = await receive(queues, { MaxNumberOfMessages: 1 });
      await hide(queues, first, 0);
      const [again] = await receive(queues, { MaxNumberOfMessages: 1, MessageSystemAttributeNames: ['All'] });
      expect(again).toMatchObject({ Body: 'a1', MessageId: first?.MessageId });
      expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
      expect(again?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
    },
  },
  {
    name: 'a message that nobody deletes comes back when its visibility time-out ends',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('b1', 'b'));
      await receive(queues, { MaxNumberOfMessages: 1, VisibilityTimeout: 1 });
      expect(bodies(await receive(queues))).toEqual(['b1']);
      expect(bodies(await eventually(queues))).toEqual(['a1']);
    },
  },
  {
    name: 'a visibility set anew replaces the one before',
    check: async (queues) => {
      await send(queues, entry('a1'));
      const [first] = await receive(queues);
      await hide(queues, first, 1);
      expect(await receive(queues)).toEqual([]);
      expect(bodies(await eventually(queues))).toEqual(['a1']);
    },
  },
  {
    name: 'a message sent again under its deduplication id is confirmed and dropped, also after its deletion',
    check: async (queues) => {
      const first = await send(queues, entry('a1'));
      const second = await send(queues, entry('a1', 'a', { Id: 'again' }));
      expect(second.Successful?.[0]?.MessageId).toBe(first.Successful?.[0]?.MessageId);
      const received = await receive(queues);
      expect(bodies(received)).toEqual(['a1']);
      await remove(queues, received[0]);
      await send(queues, entry('a1'), entry('a2'));
      expect(bodies(await receive(queues))).toEqual(['a2']);
    },
  },
  {
    name: 'the same deduplication id in another group is another message',
    check: async (queues) => {
      const MessageDeduplicationId = 'same';
      await send(
        queues,
        entry('a1', 'a', { MessageDeduplicationId }),
        entry('b1', 'b', { MessageDeduplicationId }),
      );
      expect(bodies(await receive(queues)).toSorted()).toEqual(['a1', 'b1']);
    },
    fauxqs: 'deduplicates over the whole queue, whatever its DeduplicationScope',
  },
  {
    name: 'a message received too often goes to the dead-letter queue as it is, and others stay',
    check: async (queues) => {
      const MessageAttributes = { reason: { DataType: 'String', StringValue: 'why' } };
      await send(queues, entry('a1', 'a', { MessageAttributes }));
      const [original] = await receive(queues, { VisibilityTimeout: 0 });
      const letters = await eventuallyRedriven(queues);
      expect(letters).toMatchObject([
        {
          MessageId: original?.MessageId,
          Body: 'a1',
          MessageAttributes,
          Attributes: { MessageGroupId: 'a' },
        },
      ]);
      await send(queues, entry('b1', 'b'));
      expect(bodies(await receive(queues))).toEqual(['b1']);
    },
  },
  {
    name: 'a stale handle deletes nothing',
    check: async (queues) => {
      await send(queues, entry('a1'));
      const [first] = await receive(queues);
      await hide(queues, first, 0);
      await receive(queues, { VisibilityTimeout: 1 });
      await queues.sqs
        .send(new DeleteMessageCommand({ QueueUrl: queues.main, ReceiptHandle: first?.ReceiptHandle }))
        .catch(() => undefined);
      expect(bodies(await eventually(queues))).toEqual(['a1']);
    },
  },
  {
    name: 'to delete with a stale handle fails, entry by entry',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('b1', 'b'));
      const [stale, good] = await receive(queues);
      await hide(queues, stale, 0);
      const Entries = [stale, good].map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message?.ReceiptHandle,
      }));
      const answer = await queues.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queues.main, Entries }));
      expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['1']);
      expect(answer.Failed).toMatchObject([{ Id: '0', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
    },
    fauxqs: 'reports it as deleted',
  },
  {
    name: 'to delete twice does no harm',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('b1', 'b'));
      const [first] = await receive(queues, { MaxNumberOfMessages: 1 });
      await remove(queues, first);
      await expect(remove(queues, first)).resolves.toBeDefined();
      expect(bodies(await receive(queues))).toEqual(['b1']);
    },
  },
  {
    name: 'the visibility of a message that is not in flight cannot be changed',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('b1', 'b'));
      const [first, second] = await receive(queues);
      await hide(queues, first, 0);
      await expect(hide(queues, first, 10)).rejects.toEqual(refusal('MessageNotInflight'));
      const Entries = [first, second].map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queues.main, Entries });
      const { Successful = [], Failed = [] } = await queues.sqs.send(command);
      expect(Successful.map(({ Id }) => Id)).toEqual(['1']);
      expect(Failed.map(({ Id }) => Id)).toEqual(['0']);
      expect(bodies(await receive(queues)).toSorted()).toEqual(['a1', 'b1']);
    },
  },
  {
    name: 'a long poll is answered as soon as a message comes',
    check: async (queues) => {
      const poll = receive(queues, { WaitTimeSeconds: 20 });
      await queues.clock.sleep(50);
      await send(queues, entry('a1'));
      expect(bodies(await poll)).toEqual(['a1']);
    },
  },
  {
    name: 'a long poll is answered when a message comes back',
    check: async (queues) => {
      await send(queues, entry('a1'));
      await receive(queues, { VisibilityTimeout: 1 });
      expect(bodies(await receive(queues, { WaitTimeSeconds: 20 }))).toEqual(['a1']);
    },
  },
  {
    name: 'the same receive attempt gets the same messages again',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('b1', 'b'));
      const first = await receive(queues, { ReceiveRequestAttemptId: 'attempt' });
      const again = await receive(queues, { ReceiveRequestAttemptId: 'attempt' });
      const handles = (messages: Message[]) => messages.map(({ ReceiptHandle }) => ReceiptHandle);
      expect(handles(again)).toEqual(handles(first));
      expect(await receive(queues, { ReceiveRequestAttemptId: 'another' })).toEqual([]);
    },
    fauxqs: 'does not know attempts',
  },
  {
    name: 'system attributes come when asked for',
    check: async (queues) => {
      await send(queues, entry('a1', 'a'));
      const [message] = await receive(queues, { MessageSystemAttributeNames: ['All'] });
      expect(message?.Attributes).toMatchObject({
        ApproximateReceiveCount: '1',
        MessageGroupId: 'a',
        MessageDeduplicationId: 'a-a1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SequenceNumber: expect.stringMatching(/^\d+$/),
      });
    },
  },
  {
    name: "the sender's trace comes as a system attribute",
    check: async (queues) => {
      const AWSTraceHeader = { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' };
      await send(queues, entry('a1', 'a', { MessageSystemAttributes: { AWSTraceHeader } }));
      const [message] = await receive(queues, { MessageSystemAttributeNames: ['All'] });
      expect(message?.Attributes?.AWSTraceHeader).toBe(AWSTraceHeader.StringValue);
    },
    fauxqs: 'forgets the trace',
  },
  {
    name: 'message attributes come when asked for',
    check: async (queues) => {
      const MessageAttributes = { version: { DataType: 'String', StringValue: '1' } };
      await send(queues, entry('a1', 'a', { MessageAttributes }));
      const [message] = await receive(queues, { MessageAttributeNames: ['All'] });
      expect(message?.MessageAttributes).toMatchObject(MessageAttributes);
    },
  },
  {
    name: 'message attributes do not come unasked',
    check: async (queues) => {
      const MessageAttributes = { version: { DataType: 'String', StringValue: '1' } };
      await send(queues, entry('a1', 'a', { MessageAttributes }));
      expect((await receive(queues))[0]?.MessageAttributes).toBeUndefined();
    },
    fauxqs: 'shows them always',
  },
  {
    name: 'the counts tell what waits and what is in flight',
    check: async (queues) => {
      await send(queues, entry('a1', 'a'), entry('b1', 'b'), entry('c1', 'c'));
      await receive(queues, { MaxNumberOfMessages: 1 });
      const command = new GetQueueAttributesCommand({ QueueUrl: queues.main, AttributeNames: ['All'] });
      expect((await queues.sqs.send(command)).Attributes).toMatchObject({
        ApproximateNumberOfMessages: '2',
        ApproximateNumberOfMessagesNotVisible: '1',
      });
    },
  },
  {
    name: 'a character that XML cannot hold fails its entry and no other',
    check: async (queues) => {
      const { Successful = [], Failed = [] } = await send(
        queues,
        entry('bad', 'a', { MessageBody: 'a \uFFFF b' }),
        entry('good', 'b'),
      );
      expect(Successful.map(({ Id }) => Id)).toEqual(['good']);
      expect(Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true }]);
      expect(bodies(await receive(queues))).toEqual(['good']);
    },
  },
  {
    name: 'a message without a group is refused',
    check: async (queues) => {
      const { sqs, main: QueueUrl } = queues;
      const message = { QueueUrl, MessageBody: 'x', MessageDeduplicationId: 'x' };
      await expect(sqs.send(new SendMessageCommand(message))).rejects.toEqual(refusal('MissingParameter'));
      expect(await receive(queues)).toEqual([]);
    },
  },
  ...[
    { what: 'no entries', entries: [], code: 'EmptyBatchRequest' },
    {
      what: 'eleven entries',
      entries: Array.from({ length: 11 }, (_, index) => entry(`m${index}`)),
      code: 'TooManyEntriesInBatchRequest',
    },
    { what: 'two entries of one id', entries: [entry('m'), entry('m')], code: 'BatchEntryIdsNotDistinct' },
    {
      what: 'over 1 MiB in all',
      entries: ['a', 'b', 'c'].map((letter) => entry(letter.repeat(400_000))),
      code: 'BatchRequestTooLong',
    },
  ].map(({ what, entries, code }) => ({
    name: `a batch of ${what} is refused as a whole`,
    check: async (queues: Queues) => {
      await expect(send(queues, ...entries)).rejects.toEqual(refusal(code));
      expect(await receive(queues)).toEqual([]);
    },
  })),
  {
    name: 'a queue that does not exist is an error',
    check: async (queues) => {
      const missing = { ...queues, main: `${queues.main}-not` };
      await expect(receive(missing)).rejects.toEqual(refusal('QueueDoesNotExist'));
    },
  },
];

/** Receives from the main queue until SQS has moved something to the other. */
async function eventuallyRedriven(queues: Queues): Promise<Message[]> {
  const input: Partial<ReceiveMessageCommandInput> = {
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['All'],
  };
  for (;;) {
    await receive(queues, { VisibilityTimeout: 0 });
    const letters = await receive({ ...queues, main: queues.dead }, input);
    if (letters.length > 0) return letters;
    await queues.clock.sleep(50);
  }
}

describe('the model of the queue', () => {
  test.each(behaviours)('$name', async ({ check }) => {
    const clock = createVirtualTime();
    const deadLetters = createFifoQueue(
      { visibilityMs: 30_000, retentionMs: 1_209_600_000 },
      { redriven: () => {}, expired: () => {} },
    );
    const main = createFifoQueue(
      {
        visibilityMs: VISIBILITY_SECONDS * 1_000,
        retentionMs: 1_209_600_000,
        maxReceiveCount: MAX_RECEIVE_COUNT,
      },
      { redriven: (message) => deadLetters.adopt(message, clock.now()), expired: () => {} },
    );
    const queues = { main, dead: deadLetters };
    const sqs = sqsClient(createSqsModel({ time: clock, random: seededRandom(1), queues }));
    const checked = check({ sqs, main: 'main', dead: 'dead', clock });
    const [result] = await Promise.allSettled([checked, clock.run()]);
    expect(result).toEqual({ status: 'fulfilled', value: undefined });
  });
});

describe('fauxqs', () => {
  let server: FauxqsServer;
  let sqs: SQSClient;
  let pairs = 0;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    sqs = new SQSClient({
      endpoint: server.address,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  });

  afterAll(async () => {
    sqs.destroy();
    await server.stop();
  });

  const createPair = async (): Promise<Queues> => {
    pairs += 1;
    const name = `pair${pairs}`;
    const create = async (QueueName: string, more: Record<string, string> = {}) => {
      const Attributes = {
        FifoQueue: 'true',
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        VisibilityTimeout: String(VISIBILITY_SECONDS),
        ...more,
      };
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
      return QueueUrl;
    };
    const dead = await create(`${name}-dead.fifo`);
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${name}-dead.fifo`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVE_COUNT });
    return { sqs, main: await create(`${name}.fifo`, { RedrivePolicy }), dead, clock: systemClock };
  };

  test.each(behaviours.filter((each) => !each.fauxqs))('$name', async ({ check }) => {
    await check(await createPair());
  });

  // A difference that is gone must leave the list.
  test.each(behaviours.filter((each) => each.fauxqs))('differs: $name: it $fauxqs', async ({ check }) => {
    await expect(check(await createPair())).rejects.toThrow();
  });
});
