import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { chunk } from '../runtime/chunk.ts';
import { mapConcurrently } from '../runtime/map-concurrently.ts';
import { fromSqsMessage, type ReceivedMessage } from './received-message.ts';
import type { Sqs } from './sqs-client.ts';
import { MAX_BATCH_ENTRIES, MAX_CALLS } from './sqs-limits.ts';

type QueueTarget = { sqs: Sqs; queueUrl: string };

/** What it takes to delete a message or to change its visibility. */
export type MessageHandle = Pick<ReceivedMessage, 'sqsMessageId' | 'receiptHandle'>;

type ReceiveOptions = {
  /** 1-10. */
  max: number;
  visibilitySeconds: number;
  waitSeconds: number;
  /** The SDK's own retries carry the same id, so that SQS repeats an answer that was lost. */
  attemptId: string;
};

/** @throws the SDK's error */
export async function receiveMessages(
  { sqs, queueUrl }: QueueTarget,
  { max, visibilitySeconds, waitSeconds, attemptId }: ReceiveOptions,
): Promise<ReceivedMessage[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: max,
      VisibilityTimeout: visibilitySeconds,
      WaitTimeSeconds: waitSeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: [
        'MessageGroupId',
        'SentTimestamp',
        'ApproximateReceiveCount',
        'DeadLetterQueueSourceArn',
      ],
      ReceiveRequestAttemptId: attemptId,
    }),
  );
  return Messages.map(fromSqsMessage);
}

/** Deletes messages; returns those that may still be in the queue. `onError` gets the error of each failed call. */
export async function deleteMessages<Message extends MessageHandle>(
  { sqs, queueUrl }: QueueTarget,
  messages: readonly Message[],
  onError: (error: unknown) => void,
): Promise<Message[]> {
  const left = await mapChunks(messages, async (batch) => {
    try {
      const Entries = batch.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
      }));
      const { Successful = [] } = await sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      const ids = new Set(Successful.map(({ Id }) => Id));
      return batch.filter((_, index) => !ids.has(String(index)));
    } catch (error) {
      onError(error);
      return batch;
    }
  });
  return left.flat();
}

/**
 * Makes each message visible in so many seconds from now. Best effort: one that SQS refuses keeps its visibility.
 * `onError` gets the error of each failed call.
 */
export async function changeVisibility(
  { sqs, queueUrl }: QueueTarget,
  messages: readonly { message: MessageHandle; seconds: number }[],
  onError: (error: unknown) => void,
): Promise<void> {
  await mapChunks(messages, async (batch) => {
    try {
      const Entries = batch.map(({ message, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: seconds,
      }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    } catch (error) {
      onError(error);
    }
  });
}

/** Runs a task for each chunk of items that fits a call. */
const mapChunks = <T, R>(items: readonly T[], task: (batch: T[]) => Promise<R>): Promise<R[]> =>
  mapConcurrently(chunk(items, MAX_BATCH_ENTRIES), MAX_CALLS, task);
