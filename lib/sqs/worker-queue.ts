import type { Random } from '../runtime/random.ts';
import { errorFields } from '../telemetry/error-fields.ts';
import type { Log, LogMessage } from '../telemetry/log.ts';
import { randomSqsId } from './message.ts';
import type { ReceivedMessage } from './received-message.ts';
import type { Sqs } from './sqs-client.ts';
import { changeVisibility, deleteMessages, receiveMessages } from './sqs-commands.ts';

/** The worker's side of the queue. */
export type WorkerQueue = {
  /**
   * At most `max` (1-10) messages, invisible to others for `visibilitySeconds`. An error gives none: what could not be
   * received is still in the queue.
   */
  receive(max: number, visibilitySeconds: number): Promise<ReceivedMessage[]>;
  /** Deletes; returns those that may still be in the queue. */
  deleteMessages(messages: readonly ReceivedMessage[]): Promise<ReceivedMessage[]>;
  /**
   * Makes each message visible again in so many seconds. Best effort: one that SQS does not take comes back all the
   * same, when its visibility time-out ends.
   */
  release(messages: readonly { message: ReceivedMessage; seconds: number }[]): Promise<void>;
};

type Ports = { sqs: Sqs; queueUrl: string; random: Random; log: Log };

export function createWorkerQueue({ sqs, queueUrl, random, log }: Ports): WorkerQueue {
  const target = { sqs, queueUrl };
  const warn = (message: LogMessage, error: unknown) => log.warn(message, errorFields(error));

  return {
    async receive(max, visibilitySeconds) {
      try {
        const attemptId = randomSqsId(random);
        return await receiveMessages(target, { max, visibilitySeconds, waitSeconds: 0, attemptId });
      } catch (error) {
        warn('SQS receive failed', error);
        return [];
      }
    },

    deleteMessages: (messages) =>
      deleteMessages(target, messages, (error) => warn('SQS delete failed', error)),

    release: (messages) =>
      changeVisibility(target, messages, (error) => warn('SQS visibility change failed', error)),
  };
}
