import type { ReceivedMessage } from '../sqs/received-message.ts';
import type { Queue } from '../sqs/worker-queue.ts';

/** Messages that one receive gives at most. Source: SQS's quotas. */
const RECEIVE_MAX = 10;

const MAX_RECEIVES = 10;

/**
 * Receives until `wanted` messages are there or the queue has no more to give, in parallel, and resolves when no
 * receive is pending. It begins with as many receives as were of use the last time, and one more: at low traffic that
 * is one or two, at high traffic all that a request needs.
 */
export function createFill(queue: Queue) {
  let useful = 0;

  return async function fill(wanted: number, visibilitySeconds: number): Promise<ReceivedMessage[]> {
    const got: ReceivedMessage[] = [];
    let receives = useful + 1;
    useful = 0;
    while (got.length < wanted) {
      const missing = wanted - got.length;
      const most = Math.min(MAX_RECEIVES, Math.ceil(missing / RECEIVE_MAX));
      const sizes = Array.from({ length: Math.min(receives, most) }, (_, index) =>
        Math.min(RECEIVE_MAX, missing - index * RECEIVE_MAX),
      );
      const answers = await Promise.all(sizes.map((size) => queue.receive(size, visibilitySeconds)));
      got.push(...answers.flat());
      useful += answers.filter((answer) => answer.length > 0).length;
      if (answers.some((answer) => answer.length === 0)) break;
      receives *= 2;
    }
    return got;
  };
}

export type Fill = ReturnType<typeof createFill>;
