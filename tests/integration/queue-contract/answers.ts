import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import {
  type Behaviour,
  bodies,
  changeVisibility,
  deleteMessage,
  entry,
  errorNamed,
  eventually,
  type Queues,
  receive,
  send,
} from './contract-helpers.ts';

/** What the calls answer: to stale handles, long polls, repeated attempts, and what is not allowed. */
export const answers: readonly Behaviour[] = [
  {
    name: 'a stale handle deletes nothing',
    check: async (queues) => {
      await send(queues, entry('a1'));
      const [first] = await receive(queues);
      await changeVisibility(queues, first, 0);
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
      await changeVisibility(queues, stale, 0);
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
      await deleteMessage(queues, first);
      await expect(deleteMessage(queues, first)).resolves.toBeDefined();
      expect(bodies(await receive(queues))).toEqual(['b1']);
    },
  },
  {
    name: 'the visibility of a message that is not in flight cannot be changed',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('b1', 'b'));
      const [first, second] = await receive(queues);
      await changeVisibility(queues, first, 0);
      await expect(changeVisibility(queues, first, 10)).rejects.toEqual(errorNamed('MessageNotInflight'));
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
      await expect(sqs.send(new SendMessageCommand(message))).rejects.toEqual(errorNamed('MissingParameter'));
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
      await expect(send(queues, ...entries)).rejects.toEqual(errorNamed(code));
      expect(await receive(queues)).toEqual([]);
    },
  })),
  {
    name: 'a queue that does not exist is an error',
    check: async (queues) => {
      const missing = { ...queues, main: `${queues.main}-not` };
      await expect(receive(missing)).rejects.toEqual(errorNamed('QueueDoesNotExist'));
    },
  },
];
