import { chunk } from '../runtime/chunk.ts';
import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { trySendMessages } from '../sqs/send-messages.ts';
import { errorFields } from '../telemetry/error-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { deadLetterId } from './dead-letter.ts';
import {
  createDeadLetterReader,
  type DeadLetterReaderPorts,
  type ReadOptions,
} from './dead-letter-reader.ts';
import { toReplayMessage } from './replay-message.ts';
import { createSelection, type SelectionCounts, type SelectionOptions } from './replay-selection.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/** Dead letters a second by default: live events keep more than half of Salesmachine's quota. */
export const REPLAY_RATE = 100;

/** Limits of the buffer in which dead letters are put in order before they are sent. */
const MAX_BUFFERED_DEAD_LETTERS = 1_000;
const MAX_BUFFERED_BYTES = 32 * 1_048_576;

/** Chunks are sent about ten times a second, so that the load is even; a chunk has at most so many dead letters. */
const CHUNKS_PER_SECOND = 10;
const MAX_CHUNK_SIZE = 100;

/** How long the main queue may take to confirm a chunk. */
const SEND_TIMEOUT_MS = 4_000;

export type ReplayOptions = SelectionOptions &
  ReadOptions & {
    /** Dead letters a second at most, evenly spread; above 0. */
    rate?: number;
    /** After each chunk: the counts so far, and what was replayed just now. */
    onProgress?: (counts: ReplayCounts, replayed: readonly ReplayedDeadLetter[]) => void;
  };

export type ReplayedDeadLetter = {
  deadLetter: StoredDeadLetter;
  /** The id of the dead letter that this event becomes if it fails again. */
  nextDeadLetterId: string;
};

export type ReplayCounts = SelectionCounts & {
  /** Confirmed by the main queue, and no longer a dead letter. */
  replayed: number;
  /**
   * May be in the main queue, or were refused by it, and are still dead letters: another replay within 5 minutes sends
   * nothing twice.
   */
  failed: number;
};

export type ReplayResult = ReplayCounts & {
  /** Whether it ended early, by its limit, its signal or a failure: there may be more to replay. */
  more: boolean;
  /** See `DeadLetterReader.countUnread`. */
  unread: number;
};

export type ReplayPorts = DeadLetterReaderPorts & { queueUrl: string; log: Log };

/**
 * Sends dead letters to the main queue again, and deletes each once the main queue has confirmed it: a replay that is
 * killed loses nothing, and sends nothing twice if it is started again within 5 minutes. Several may run at once. The
 * dead letters of a user go in the order in which their events were accepted, as far as they are read together.
 *
 * @throws RangeError for a rate that is not above 0, and what SQS answers to a receive; failures to send are counted
 */
export async function replay(options: ReplayOptions, ports: ReplayPorts): Promise<ReplayResult> {
  const { rate = REPLAY_RATE, signal } = options;
  if (!(rate > 0)) throw new RangeError(`a replay needs a rate above 0, not ${rate}`);
  const reader = createDeadLetterReader(ports, options);
  const selection = createSelection(options);
  const waitForRate = createRateLimiter(rate, ports.clock, signal);
  const chunkSize = Math.min(MAX_CHUNK_SIZE, Math.ceil(rate / CHUNKS_PER_SECOND));
  let buffer: StoredDeadLetter[] = [];
  let replayed = 0;
  let failed = 0;
  let isStopped = false;

  const counts = (): ReplayCounts => ({ ...selection.counts(), replayed, failed });

  async function sendBuffer(): Promise<void> {
    const deadLetters = buffer.toSorted(byAcceptedAt);
    buffer = [];
    for (const next of chunk(deadLetters, chunkSize)) {
      if (isStopped) return;
      isStopped = !((await waitForRate(next.length)) && (await sendChunk(next)));
    }
  }

  /** Whether the replay can go on: all that was sent is deleted. What the main queue refuses for good is left. */
  async function sendChunk(deadLetters: readonly StoredDeadLetter[]): Promise<boolean> {
    const sent = await sendDeadLetters(deadLetters, ports);
    if (sent === undefined) {
      failed += deadLetters.length;
      options.onProgress?.(counts(), []);
      return false;
    }
    for (const { nextDeadLetterId } of sent) selection.markReplayed(nextDeadLetterId);
    const left = new Set(await reader.deleteDeadLetters(sent.map(({ deadLetter }) => deadLetter)));
    replayed += sent.length - left.size;
    failed += deadLetters.length - sent.length + left.size;
    options.onProgress?.(
      counts(),
      sent.filter(({ deadLetter }) => !left.has(deadLetter)),
    );
    return left.size === 0;
  }

  for await (const deadLetters of reader.batches()) {
    buffer.push(...deadLetters.filter(selection.select));
    if (deadLetters.length === 0 || selection.limitReached() || isFull(buffer)) await sendBuffer();
    if (selection.limitReached() || isStopped) break;
  }
  const more = selection.limitReached() || isStopped || signal?.aborted === true;
  return { ...counts(), more, unread: await reader.countUnread() };
}

/** Those that the main queue has confirmed; undefined if it neither confirms nor refuses all of them in time. */
async function sendDeadLetters(
  deadLetters: readonly StoredDeadLetter[],
  ports: ReplayPorts,
): Promise<ReplayedDeadLetter[] | undefined> {
  const messages = deadLetters.map(toReplayMessage);
  try {
    const { sqsMessageIds, refused } = await withDeadline(ports.clock, SEND_TIMEOUT_MS, (signal) =>
      trySendMessages(messages, ports, signal),
    );
    const [error] = refused.values();
    if (error !== undefined) ports.log.warn('messages not confirmed', { failed: refused.size, error });
    return deadLetters.flatMap((deadLetter, index): ReplayedDeadLetter[] => {
      const message = messages[index];
      const id = message && sqsMessageIds.get(message);
      if (id === undefined) return [];
      return [{ deadLetter, nextDeadLetterId: deadLetterId(id, deadLetter.replays + 1) }];
    });
  } catch (error) {
    ports.log.error('replay stopped', { messages: deadLetters.length, ...errorFields(error) });
    return undefined;
  }
}

/** Waits until so many more may be sent; false if the signal aborts before. Missed time is not made up. */
function createRateLimiter(rate: number, clock: Clock, signal: AbortSignal | undefined) {
  let next = clock.now();
  return async (count: number): Promise<boolean> => {
    const waitMs = next - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
    next = Math.max(next, clock.now()) + (count * 1_000) / rate;
    return !signal?.aborted;
  };
}

/** Events of one request were accepted at the same moment; their dead letters were written in their order. */
const byAcceptedAt = (a: StoredDeadLetter, b: StoredDeadLetter) =>
  Date.parse(a.acceptedAt) - Date.parse(b.acceptedAt) || a.message.sentAt - b.message.sentAt;

function isFull(buffer: readonly StoredDeadLetter[]): boolean {
  const bytes = buffer.reduce((sum, { message }) => sum + message.body.length, 0);
  return buffer.length >= MAX_BUFFERED_DEAD_LETTERS || bytes >= MAX_BUFFERED_BYTES;
}
