import type { QueueListener } from './queue-observer.ts';

/** Counts deliveries: messages that were deleted from the main queue and are not dead letters. */
export function createMessageCounter(): { delivered(): number; listener: QueueListener } {
  let deleted = 0;
  /** Ids, for the same dead letter may be written twice. */
  const deadLetters = new Set<string>();
  return {
    // A dead letter is written before its message is deleted: for a moment it is both.
    delivered: () => Math.max(0, deleted - deadLetters.size),
    listener: {
      sent(queue, { sqsMessageId }) {
        if (queue === 'deadLetters') deadLetters.add(sqsMessageId);
      },
      deleted(queue) {
        if (queue === 'main') deleted += 1;
      },
    },
  };
}
