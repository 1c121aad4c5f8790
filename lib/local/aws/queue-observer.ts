import type { ServiceInputTypes, ServiceOutputTypes, SQSClient } from '@aws-sdk/client-sqs';
import { fromSqsMessage, type ReceivedMessage } from '../../sqs/received-message.ts';
import type { LocalQueue } from './local-sqs.ts';

export type QueueName = 'main' | 'deadLetters';

export type SentMessage = {
  sqsMessageId: string;
  body: string;
  groupId: string;
  attributes: Record<string, string | undefined>;
};

/** Called for each message that goes through the observed clients, once SQS has confirmed the call. */
export type QueueListener = {
  sent?(queue: QueueName, message: SentMessage): void;
  received?(queue: QueueName, message: ReceivedMessage): void;
  /** Once for each message, however often it is deleted. */
  deleted?(queue: QueueName, sqsMessageId: string): void;
  /** It becomes visible again in so many seconds. */
  released?(queue: QueueName, sqsMessageId: string, seconds: number): void;
};

type Call = { command: string | undefined; input: ServiceInputTypes; output: ServiceOutputTypes };

/** Watches what SQS clients do, so that the code that uses them need not know of it. */
export function createQueueObserver(
  queues: Record<QueueName, LocalQueue>,
  listeners: readonly QueueListener[],
): { observe(sqs: SQSClient): void } {
  /** The latest receipt handle of each message that was received and not deleted, and the message that it is for. */
  const idsByHandle = new Map<string | undefined, string>();
  const handlesById = new Map<string | undefined, string | undefined>();
  const namesByUrl = new Map<string | undefined, QueueName>([
    [queues.main.url, 'main'],
    [queues.deadLetters.url, 'deadLetters'],
  ]);

  function notify({ command, input, output }: Call): void {
    const queue = 'QueueUrl' in input ? namesByUrl.get(input.QueueUrl) : undefined;
    if (queue === undefined) return;
    if (command === 'ReceiveMessageCommand') notifyReceived(queue, output);
    for (const { entry, sentId } of findConfirmedEntries(input, output)) {
      if ('MessageBody' in entry) notifySent(queue, entry, sentId);
      else notifyDone(queue, command, entry);
    }
  }

  function notifyReceived(queue: QueueName, output: ServiceOutputTypes): void {
    for (const message of ('Messages' in output && output.Messages) || []) {
      const { MessageId: id = '', ReceiptHandle: handle } = message;
      idsByHandle.delete(handlesById.get(id));
      idsByHandle.set(handle, id);
      handlesById.set(id, handle);
      for (const { received } of listeners) received?.(queue, fromSqsMessage(message));
    }
  }

  function notifySent(queue: QueueName, entry: SendEntry, sentId: string): void {
    const message = toSentMessage(entry, sentId);
    for (const { sent } of listeners) sent?.(queue, message);
  }

  /** A message was deleted, or its visibility changed. */
  function notifyDone(queue: QueueName, command: string | undefined, entry: Entry): void {
    const handle = 'ReceiptHandle' in entry ? entry.ReceiptHandle : undefined;
    const id = idsByHandle.get(handle);
    if (id === undefined) return;
    if ('VisibilityTimeout' in entry) {
      for (const { released } of listeners) released?.(queue, id, entry.VisibilityTimeout ?? 0);
    }
    if (command === 'DeleteMessageBatchCommand') {
      idsByHandle.delete(handle);
      handlesById.delete(id);
      for (const { deleted } of listeners) deleted?.(queue, id);
    }
  }

  return {
    observe(sqs) {
      sqs.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const result = await next(args);
            notify({ command: commandName, input: args.input, output: result.output });
            return result;
          },
        { step: 'initialize', name: 'observeQueues' },
      );
    },
  };
}

type Entry = NonNullable<Extract<ServiceInputTypes, { Entries: unknown }>['Entries']>[number];
type SendEntry = Extract<Entry, { MessageBody: unknown }>;

/** The entries of a batch that SQS has confirmed; `sentId` is the id that it gave a message. */
function findConfirmedEntries(
  input: ServiceInputTypes,
  output: ServiceOutputTypes,
): { entry: Entry; sentId: string }[] {
  if (!('Entries' in input && 'Successful' in output)) return [];
  const confirmed = new Map(output.Successful?.map((result) => [result.Id, result]));
  return (input.Entries ?? []).flatMap((entry) => {
    const result = confirmed.get(entry.Id);
    if (result === undefined) return [];
    return [{ entry, sentId: ('MessageId' in result && result.MessageId) || '' }];
  });
}

function toSentMessage(entry: SendEntry, sqsMessageId: string): SentMessage {
  return {
    sqsMessageId,
    body: entry.MessageBody ?? '',
    groupId: entry.MessageGroupId ?? '',
    attributes: Object.fromEntries(
      Object.entries(entry.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
    ),
  };
}
