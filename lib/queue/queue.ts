import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { type Clock, type Random, within } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Sqs } from './client.ts';
import { type DeadLetter, deadLetterMessage } from './dead-letter.ts';
import { randomId } from './message.ts';
import { fromMessage, type ReceivedMessage } from './received.ts';
import { sendAll } from './send.ts';
import { MAX_ENTRIES } from './size.ts';

/** How long writing dead letters may take; what is not confirmed then stays in the main queue. */
const BURY_MS = 4_000;

/** The worker's side of the queue. */
export type Queue = {
  /**
   * At most `max` (1-10) messages, invisible to others for `visibilitySeconds`. An error gives none: what could not be
   * received is still in the queue.
   */
  receive(max: number, visibilitySeconds: number): Promise<ReceivedMessage[]>;
  /** Deletes; returns those that may still be in the queue. */
  remove(messages: readonly ReceivedMessage[]): Promise<ReceivedMessage[]>;
  /**
   * Makes each message visible again in so many seconds. Best effort: one that SQS does not take comes back all the
   * same, when its visibility time-out ends.
   */
  handBack(messages: readonly { message: ReceivedMessage; seconds: number }[]): Promise<void>;
  /** Writes dead letters; true once SQS has confirmed them all. */
  bury(letters: readonly DeadLetter[]): Promise<boolean>;
};

type Ports = {
  sqs: Sqs;
  queueUrl: string;
  deadLetterQueueUrl: string;
  clock: Clock;
  random: Random;
  log: Log;
};

export function createQueue({ sqs, queueUrl, deadLetterQueueUrl, clock, random, log }: Ports): Queue {
  const warn = (message: string, error: unknown) =>
    log.warn(message, { error: error instanceof Error ? error.name : 'unknown' });

  return {
    async receive(max, visibilitySeconds) {
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: max,
            VisibilityTimeout: visibilitySeconds,
            WaitTimeSeconds: 0,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['MessageGroupId', 'SentTimestamp', 'ApproximateReceiveCount'],
            // The SDK's own retries carry the same id, so that a lost answer is given again.
            ReceiveRequestAttemptId: randomId(random),
          }),
        );
        return Messages.map(fromMessage);
      } catch (error) {
        warn('SQS did not answer a receive', error);
        return [];
      }
    },

    async remove(messages) {
      const calls = chunks(messages).map(async (chunk) => {
        try {
          const { Successful = [] } = await sqs.send(
            new DeleteMessageBatchCommand({
              QueueUrl: queueUrl,
              Entries: chunk.map(({ receiptHandle }, index) => ({
                Id: String(index),
                ReceiptHandle: receiptHandle,
              })),
            }),
          );
          const ids = new Set(Successful.map(({ Id }) => Id));
          return chunk.filter((_, index) => !ids.has(String(index)));
        } catch (error) {
          warn('SQS did not answer a delete', error);
          return chunk;
        }
      });
      return (await Promise.all(calls)).flat();
    },

    async handBack(messages) {
      const calls = chunks(messages).map(async (chunk) => {
        try {
          await sqs.send(
            new ChangeMessageVisibilityBatchCommand({
              QueueUrl: queueUrl,
              Entries: chunk.map(({ message, seconds }, index) => ({
                Id: String(index),
                ReceiptHandle: message.receiptHandle,
                VisibilityTimeout: seconds,
              })),
            }),
          );
        } catch (error) {
          warn('SQS did not take messages back', error);
        }
      });
      await Promise.all(calls);
    },

    async bury(letters) {
      try {
        await within(clock, BURY_MS, (signal) =>
          sendAll(
            letters.map(deadLetterMessage),
            { sqs, queueUrl: deadLetterQueueUrl, clock, random, log },
            signal,
          ),
        );
        return true;
      } catch (error) {
        warn('SQS did not confirm dead letters', error);
        return false;
      }
    },
  };
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / MAX_ENTRIES) }, (_, index) =>
    items.slice(index * MAX_ENTRIES, (index + 1) * MAX_ENTRIES),
  );
}
