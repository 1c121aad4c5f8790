import { type DeadLetter, deadLetterMessage } from '../dead-letters/dead-letter.ts';
import { type Clock, type Random, within } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { randomId } from './message.ts';
import type { ReceivedMessage } from './received-message.ts';
import { sendAll } from './send-messages.ts';
import type { Sqs } from './sqs-client.ts';
import { deleteMessages, hideMessages, receiveMessages } from './sqs-commands.ts';

/** How long writing dead letters may take; what is not confirmed then stays in the main queue. */
export const BURY_MS = 4_000;

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
  const target = { sqs, queueUrl };
  const warn = (message: string, error: unknown) =>
    log.warn(message, { error: error instanceof Error ? error.name : 'unknown' });

  return {
    async receive(max, visibilitySeconds) {
      try {
        const attemptId = randomId(random);
        return await receiveMessages(target, { max, visibilitySeconds, waitSeconds: 0, attemptId });
      } catch (error) {
        warn('SQS did not answer a receive', error);
        return [];
      }
    },

    remove: (messages) =>
      deleteMessages(target, messages, (error) => warn('SQS did not answer a delete', error)),

    handBack: (messages) =>
      hideMessages(target, messages, (error) => warn('SQS did not take messages back', error)),

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
