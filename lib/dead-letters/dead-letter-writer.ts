import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import type { Random } from '../runtime/random.ts';
import { sendMessages } from '../sqs/send-messages.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import { errorFields } from '../telemetry/error-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { type DeadLetter, serializeDeadLetter } from './dead-letter.ts';

/**
 * How long writing dead letters may take; a message whose dead letter is not confirmed by then stays in the main queue.
 */
export const DEAD_LETTER_TIMEOUT_MS = 4_000;

export type DeadLetterWriter = {
  /** Writes dead letters; true once SQS has confirmed them all. */
  writeDeadLetters(deadLetters: readonly DeadLetter[]): Promise<boolean>;
};

type Ports = { sqs: Sqs; deadLetterQueueUrl: string; clock: Clock; random: Random; log: Log };

export function createDeadLetterWriter({ deadLetterQueueUrl, ...ports }: Ports): DeadLetterWriter {
  return {
    async writeDeadLetters(deadLetters) {
      try {
        const messages = deadLetters.map(serializeDeadLetter);
        await withDeadline(ports.clock, DEAD_LETTER_TIMEOUT_MS, (signal) =>
          sendMessages(messages, { ...ports, queueUrl: deadLetterQueueUrl }, signal),
        );
        return true;
      } catch (error) {
        ports.log.warn('dead letters not confirmed', errorFields(error));
        return false;
      }
    },
  };
}
