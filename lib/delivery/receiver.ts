import type { ReceivedMessage } from '../sqs/received-message.ts';
import { MAX_RECEIVED_MESSAGES } from '../sqs/sqs-limits.ts';
import type { WorkerQueue } from '../sqs/worker-queue.ts';

const MAX_RECEIVES = 10;

/**
 * Receives until `target` messages are there or the queue has no more, in parallel, and resolves when no receive is
 * pending. It begins with as many receives as were of use the last time, and one more: at low traffic that
 * is one or two, at high traffic all that a request needs.
 */
export function createReceiver(queue: WorkerQueue) {
  let lastNonEmptyReceives = 0;

  return async function receiveUpTo(target: number, visibilitySeconds: number): Promise<ReceivedMessage[]> {
    const received: ReceivedMessage[] = [];
    let receives = lastNonEmptyReceives + 1;
    lastNonEmptyReceives = 0;
    while (received.length < target) {
      const missing = target - received.length;
      const maxReceives = Math.min(MAX_RECEIVES, Math.ceil(missing / MAX_RECEIVED_MESSAGES));
      const sizes = Array.from({ length: Math.min(receives, maxReceives) }, (_, index) =>
        Math.min(MAX_RECEIVED_MESSAGES, missing - index * MAX_RECEIVED_MESSAGES),
      );
      const batches = await Promise.all(sizes.map((size) => queue.receive(size, visibilitySeconds)));
      received.push(...batches.flat());
      lastNonEmptyReceives += batches.filter((batch) => batch.length > 0).length;
      if (batches.some((batch) => batch.length === 0)) break;
      receives *= 2;
    }
    return received;
  };
}
