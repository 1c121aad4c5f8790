import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import type { Clock } from '../../../lib/runtime/clock.ts';
import type { Sqs } from '../../../lib/sqs/sqs-client.ts';

/** A fresh pair of queues, the second being the first one's dead-letter queue after three receives. */
export type Queues = { sqs: Sqs; main: string; dead: string; clock: Clock };

export type Behaviour = {
  name: string;
  check: (queues: Queues) => Promise<void>;
  /** Set where fauxqs is known to differ from SQS: what it does instead. */
  fauxqs?: string;
};

export const VISIBILITY_SECONDS = 30;
export const MAX_RECEIVE_COUNT = 3;

export const entry = (body: string, group = 'a', more: Partial<SendMessageBatchRequestEntry> = {}) => ({
  Id: body.slice(0, 20),
  MessageBody: body,
  MessageGroupId: group,
  MessageDeduplicationId: `${group}-${body.slice(0, 20)}`,
  ...more,
});

export const send = ({ sqs, main }: Queues, ...Entries: SendMessageBatchRequestEntry[]) =>
  sqs.send(new SendMessageBatchCommand({ QueueUrl: main, Entries }));

export async function receive(
  { sqs, main }: Queues,
  input: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: main, MaxNumberOfMessages: 10, ...input });
  return (await sqs.send(command)).Messages ?? [];
}

/** Waits for messages without the server's help: a long poll would be another behaviour. */
export async function eventually(
  queues: Queues,
  input: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  for (;;) {
    const messages = await receive(queues, input);
    if (messages.length > 0) return messages;
    await queues.clock.sleep(50);
  }
}

export const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body);

export const deleteMessage = ({ sqs, main }: Queues, { ReceiptHandle }: Message = {}) =>
  sqs.send(new DeleteMessageCommand({ QueueUrl: main, ReceiptHandle }));

export const changeVisibility = (
  { sqs, main }: Queues,
  { ReceiptHandle }: Message = {},
  VisibilityTimeout = 0,
) => sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: main, ReceiptHandle, VisibilityTimeout }));

export const errorNamed = (name: string) => expect.objectContaining({ name: expect.stringContaining(name) });

/** Receives from the main queue until SQS has moved something to the other. */
export async function eventuallyRedriven(queues: Queues): Promise<Message[]> {
  const input: Partial<ReceiveMessageCommandInput> = {
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['All'],
  };
  for (;;) {
    await receive(queues, { VisibilityTimeout: 0 });
    const deadLetters = await receive({ ...queues, main: queues.dead }, input);
    if (deadLetters.length > 0) return deadLetters;
    await queues.clock.sleep(50);
  }
}
