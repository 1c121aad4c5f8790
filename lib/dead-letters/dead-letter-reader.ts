import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { randomSqsId } from '../sqs/message.ts';
import { getQueueDepth } from '../sqs/queue-depth.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import {
  changeVisibility,
  deleteMessages,
  type MessageHandle,
  receiveMessages,
} from '../sqs/sqs-commands.ts';
import { MAX_RECEIVED_MESSAGES } from '../sqs/sqs-limits.ts';
import { createVisibilityHeartbeat } from '../sqs/visibility-heartbeat.ts';
import { parseDeadLetter, type StoredDeadLetter } from './stored-dead-letter.ts';

const PARALLEL_RECEIVES = 10;

const DELETE_ATTEMPTS = 3;
const DELETE_RETRY_MS = 200;

export type DeadLetterReaderPorts = { sqs: Sqs; deadLetterQueueUrl: string; clock: Clock; random: Random };

export type ReadOptions = {
  /** How long a dead letter stays invisible to others if this process is killed. */
  visibilitySeconds?: number;
  /** How long the last receive waits. SQS asks all its servers only if it may wait. */
  waitSeconds?: number;
  /** Ends the reading early, as if there were no more dead letters. */
  signal?: AbortSignal | undefined;
};

/** Reads the dead letters, and deletes those that are done with. */
export type DeadLetterReader = {
  /**
   * Each dead letter once, in batches, until the queue has no more. What was read stays invisible to others until the
   * generator ends or is returned, and is released then; if the process is killed, after `visibilitySeconds`. An empty
   * batch says that the queue has no more at this moment: it is asked once more, because a caller that deletes dead
   * letters makes those behind them in the same group available.
   *
   * Only dead letters that SQS itself moved here (`receive_limit`) share a group: they keep their user's, and of such a
   * group only the first ones can be read until they are deleted.
   *
   * @throws what SQS answers, once the dead letters are released
   */
  batches(): AsyncGenerator<StoredDeadLetter[]>;
  /** Deletes dead letters of the batches, with every copy that was written; returns those that may still be there. */
  deleteDeadLetters(deadLetters: readonly StoredDeadLetter[]): Promise<StoredDeadLetter[]>;
  /**
   * About how many dead letters are in the queue that were not read: not yet, or because another reader has them, or
   * because they wait behind one of the same user.
   */
  countUnread(): Promise<number>;
};

export function createDeadLetterReader(
  { sqs, deadLetterQueueUrl, clock, random }: DeadLetterReaderPorts,
  { visibilitySeconds = 45, waitSeconds = 1, signal }: ReadOptions = {},
): DeadLetterReader {
  const target = { sqs, queueUrl: deadLetterQueueUrl };
  // A failed call needs no handling: a visibility runs out by itself, and a delete is retried below.
  const ignoreError = () => undefined;
  const setVisibility = (messages: readonly { message: MessageHandle; seconds: number }[]) =>
    changeVisibility(target, messages, ignoreError);
  const heartbeat = createVisibilityHeartbeat(visibilitySeconds, { changeVisibility: setVisibility, clock });
  /** By dead letter, every message that holds it. */
  const copiesById = new Map<string, Map<string, MessageHandle>>();
  const deletedIds = new Set<string>();

  /** Dead letters that come for the first time; copies of those that were deleted before are deleted, too. */
  async function receive(wait: number): Promise<{ isEmpty: boolean; deadLetters: StoredDeadLetter[] }> {
    const receives = Array.from({ length: wait > 0 ? 1 : PARALLEL_RECEIVES }, () =>
      receiveMessages(target, {
        max: MAX_RECEIVED_MESSAGES,
        visibilitySeconds,
        waitSeconds: wait,
        attemptId: randomSqsId(random),
      }),
    );
    // All are awaited even if one fails: what the others received must be released.
    const results = await Promise.allSettled(receives);
    const messages = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    heartbeat.add(messages);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const deadLetters = messages.map(parseDeadLetter);
    const newDeadLetters = deadLetters.filter(isNew);
    await deleteDeadLetters(deadLetters.filter(({ id }) => deletedIds.has(id)));
    return { isEmpty: messages.length === 0, deadLetters: newDeadLetters };
  }

  function isNew({ id, message: { sqsMessageId, receiptHandle } }: StoredDeadLetter): boolean {
    const knownCopies = copiesById.get(id);
    const messages = knownCopies ?? new Map<string, MessageHandle>();
    copiesById.set(id, messages.set(sqsMessageId, { sqsMessageId, receiptHandle }));
    return knownCopies === undefined;
  }

  async function deleteDeadLetters(deadLetters: readonly StoredDeadLetter[]): Promise<StoredDeadLetter[]> {
    const messages = deadLetters.flatMap(({ id }) => [...(copiesById.get(id)?.values() ?? [])]);
    let left = messages;
    for (let attempts = 0; left.length > 0 && attempts < DELETE_ATTEMPTS; attempts++) {
      if (attempts > 0) await clock.sleep(DELETE_RETRY_MS * attempts);
      left = await deleteMessages(target, left, ignoreError);
    }
    const leftIds = new Set(left.map(({ sqsMessageId }) => sqsMessageId));
    heartbeat.remove(messages.filter(({ sqsMessageId }) => !leftIds.has(sqsMessageId)));
    for (const { id } of deadLetters) {
      const remaining = [...(copiesById.get(id) ?? [])].filter(([sqsMessageId]) => leftIds.has(sqsMessageId));
      copiesById.set(id, new Map(remaining));
      deletedIds.add(id);
    }
    return deadLetters.filter(({ id }) => copiesById.get(id)?.size);
  }

  async function* batches(): AsyncGenerator<StoredDeadLetter[]> {
    let wasEmpty = false;
    try {
      while (!signal?.aborted) {
        const { isEmpty, deadLetters } = await receive(wasEmpty ? waitSeconds : 0);
        if (isEmpty && wasEmpty) return;
        wasEmpty = isEmpty;
        yield deadLetters;
      }
    } finally {
      await heartbeat.stop();
    }
  }

  return {
    batches,
    deleteDeadLetters,
    async countUnread() {
      const { queued, inFlight } = await getQueueDepth(sqs, deadLetterQueueUrl);
      return Math.max(0, queued + inFlight - heartbeat.size());
    },
  };
}
