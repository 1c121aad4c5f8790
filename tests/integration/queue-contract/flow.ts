import { expect } from '@jest/globals';
import {
  type Behaviour,
  bodies,
  changeVisibility,
  deleteMessage,
  entry,
  eventually,
  eventuallyRedriven,
  receive,
  send,
} from './contract-helpers.ts';

/** How messages come, wait, come back and go: groups, visibility, deduplication, redrive. */
export const flow: readonly Behaviour[] = [
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
      await deleteMessage(queues, first);
      expect(bodies(await receive(queues))).toEqual(['a2']);
    },
  },
  {
    name: 'of messages that were handed out together, the group stays locked until the last is deleted',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('a2'), entry('a3'));
      const [first, second] = await receive(queues, { MaxNumberOfMessages: 2 });
      await deleteMessage(queues, first);
      expect(await receive(queues)).toEqual([]);
      await deleteMessage(queues, second);
      expect(bodies(await receive(queues))).toEqual(['a3']);
    },
    fauxqs: 'hands out one message of a group',
  },
  {
    name: 'a message that is released comes first again, counts its receives, and has a new handle',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('a2'));
      const [first] = await receive(queues, { MaxNumberOfMessages: 1 });
      await changeVisibility(queues, first, 0);
      const [again] = await receive(queues, { MaxNumberOfMessages: 1, MessageSystemAttributeNames: ['All'] });
      expect(again).toMatchObject({ Body: 'a1', MessageId: first?.MessageId });
      expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
      expect(again?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
    },
  },
  {
    name: 'a message that is not deleted comes back when its visibility time-out ends',
    check: async (queues) => {
      await send(queues, entry('a1'), entry('b1', 'b'));
      await receive(queues, { MaxNumberOfMessages: 1, VisibilityTimeout: 1 });
      expect(bodies(await receive(queues))).toEqual(['b1']);
      expect(bodies(await eventually(queues))).toEqual(['a1']);
    },
  },
  {
    name: 'a visibility that is set again replaces the one before',
    check: async (queues) => {
      await send(queues, entry('a1'));
      const [first] = await receive(queues);
      await changeVisibility(queues, first, 1);
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
      await deleteMessage(queues, received[0]);
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
      const deadLetters = await eventuallyRedriven(queues);
      expect(deadLetters).toMatchObject([
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
];
