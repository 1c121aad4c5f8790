import type { Clock, Random } from '../runtime/clock.ts';
import { randomId } from '../sqs/message.ts';
import { depthOf } from '../sqs/queue-depth.ts';
import type { Sqs } from '../sqs/sqs-client.ts';
import { deleteMessages, type Handle, hideMessages, receiveMessages } from '../sqs/sqs-commands.ts';
import { createHold } from '../sqs/visibility-heartbeat.ts';
import { letterOf, type StoredLetter } from './stored-dead-letter.ts';

/** Messages that one receive gives at most. Source: SQS's quotas. */
const RECEIVE_MAX = 10;
const RECEIVES_AT_ONCE = 10;

const DELETE_TRIES = 3;
const DELETE_RETRY_MS = 200;

export type LetterPorts = { sqs: Sqs; deadLetterQueueUrl: string; clock: Clock; random: Random };

export type ReadOptions = {
  /** How long a letter stays hidden from others if this process is killed. */
  visibilitySeconds?: number;
  /** How long the queue may take to say that there is nothing more. SQS asks all its servers only if it may wait. */
  waitSeconds?: number;
  /** Ends the reading early, as if there were no more letters. */
  signal?: AbortSignal | undefined;
};

/** Reads the dead letters, and deletes those that are dealt with. */
export type LetterReader = {
  /**
   * Each letter once, in batches; ends when the queue has no more to give. All that was read stays hidden from others
   * until the generator ends or is returned, and is visible again then; if the process is killed, after
   * `visibilitySeconds`. An empty batch says that the queue has given all that it can at this moment: it is asked once
   * more, for whoever removes letters lets those of the same group come that wait behind them.
   *
   * A group is only shared by letters that SQS itself moved here (`receive_limit`): they keep their user's, and of
   * such a group only the first ones can be read unless they are removed.
   *
   * @throws what SQS answers, once the letters are handed back
   */
  batches(): AsyncGenerator<StoredLetter[]>;
  /** Deletes letters of the batches, with every copy that was written; returns those that may still be there. */
  remove(letters: readonly StoredLetter[]): Promise<StoredLetter[]>;
  /**
   * About how many letters are in the queue that were not read: not yet, or because somebody else reads them now, or
   * because they wait behind a letter of their user.
   */
  unread(): Promise<number>;
};

export function createLetterReader(
  { sqs, deadLetterQueueUrl, clock, random }: LetterPorts,
  { visibilitySeconds = 45, waitSeconds = 1, signal }: ReadOptions = {},
): LetterReader {
  const target = { sqs, queueUrl: deadLetterQueueUrl };
  // A call without an answer: what was to be hidden or shown comes back by itself, what was to be deleted is tried again.
  const ignore = () => undefined;
  const hide = (messages: readonly { message: Handle; seconds: number }[]) =>
    hideMessages(target, messages, ignore);
  const hold = createHold(visibilitySeconds, { hide, clock });
  /** By letter, every message that it was written in. */
  const copies = new Map<string, Map<string, Handle>>();
  const removed = new Set<string>();

  /** Letters that come for the first time; copies of those that are removed already are deleted. */
  async function receive(wait: number): Promise<{ isEmpty: boolean; letters: StoredLetter[] }> {
    const receives = Array.from({ length: wait > 0 ? 1 : RECEIVES_AT_ONCE }, () =>
      receiveMessages(target, {
        max: RECEIVE_MAX,
        visibilitySeconds,
        waitSeconds: wait,
        attemptId: randomId(random),
      }),
    );
    // All are awaited even if one fails: what the others brought must be handed back.
    const answers = await Promise.allSettled(receives);
    const messages = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    hold.keep(messages);
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    const letters = messages.map(letterOf);
    const firsts = letters.filter(isFirst);
    await remove(letters.filter(({ id }) => removed.has(id)));
    return { isEmpty: messages.length === 0, letters: firsts };
  }

  function isFirst({ id, message: { messageId, receiptHandle } }: StoredLetter): boolean {
    const known = copies.get(id);
    const messages = known ?? new Map<string, Handle>();
    copies.set(id, messages.set(messageId, { messageId, receiptHandle }));
    return known === undefined;
  }

  async function remove(letters: readonly StoredLetter[]): Promise<StoredLetter[]> {
    const messages = letters.flatMap(({ id }) => [...(copies.get(id)?.values() ?? [])]);
    let left = messages;
    for (let tries = 0; left.length > 0 && tries < DELETE_TRIES; tries++) {
      if (tries > 0) await clock.sleep(DELETE_RETRY_MS * tries);
      left = await deleteMessages(target, left, ignore);
    }
    const leftIds = new Set(left.map(({ messageId }) => messageId));
    hold.forget(messages.filter(({ messageId }) => !leftIds.has(messageId)));
    for (const { id } of letters) {
      const remaining = [...(copies.get(id) ?? [])].filter(([messageId]) => leftIds.has(messageId));
      copies.set(id, new Map(remaining));
      removed.add(id);
    }
    return letters.filter(({ id }) => copies.get(id)?.size);
  }

  async function* batches(): AsyncGenerator<StoredLetter[]> {
    let wasEmpty = false;
    try {
      while (!signal?.aborted) {
        const { isEmpty, letters } = await receive(wasEmpty ? waitSeconds : 0);
        if (isEmpty && wasEmpty) return;
        wasEmpty = isEmpty;
        yield letters;
      }
    } finally {
      await hold.release();
    }
  }

  return {
    batches,
    remove,
    async unread() {
      const { queued, inFlight } = await depthOf(sqs, deadLetterQueueUrl);
      return Math.max(0, queued + inFlight - hold.size());
    },
  };
}

/** The letters, for those who only look: see `LetterReader.batches`. */
export const readLetters = (ports: LetterPorts, options?: ReadOptions): AsyncGenerator<StoredLetter[]> =>
  createLetterReader(ports, options).batches();
