import { type Clock, within } from '../runtime/clock.ts';
import { sendAll } from '../sqs/send-messages.ts';
import type { Log } from '../telemetry/log.ts';
import { letterId } from './dead-letter.ts';
import { createLetterReader, type LetterPorts, type ReadOptions } from './dead-letter-reader.ts';
import { replayMessage } from './replay-message.ts';
import { createSelection, type SelectionCounts, type SelectionOptions } from './replay-selection.ts';
import type { StoredLetter } from './stored-dead-letter.ts';

/** The default: with it, live events keep more than half of what Salesmachine takes. */
export const REPLAY_RATE = 100;

/** Letters that are put in order before they are sent: so many, or so many bytes. */
const WINDOW_LETTERS = 1_000;
const WINDOW_BYTES = 32 * 1_048_576;

/** Letters are sent about ten times a second, so that they come evenly; with one step, at most so many. */
const STEPS_PER_SECOND = 10;
const MAX_STEP = 100;

/** How long the main queue may take to confirm a step. */
const SEND_MS = 4_000;

export type ReplayOptions = SelectionOptions &
  ReadOptions & {
    /** Letters a second at most; they go evenly. */
    rate?: number;
    /** After each step: the counts so far, and what was replayed just now. */
    onProgress?: (counts: ReplayCounts, replayed: readonly Replayed[]) => void;
  };

export type Replayed = {
  letter: StoredLetter;
  /** The id of the letter that this event will be, should it fail again. */
  comesBackAs: string;
};

export type ReplayCounts = SelectionCounts & {
  /** Confirmed by the main queue, and no longer a dead letter. */
  replayed: number;
  /** May be in the main queue, and are still dead letters: to replay again within 5 minutes sends nothing twice. */
  failed: number;
};

export type ReplayResult = ReplayCounts & {
  /** Whether it ended early, by its limit, its signal or a failure: there may be more to replay. */
  more: boolean;
  /** See `LetterReader.unread`. */
  unread: number;
};

export type ReplayPorts = LetterPorts & { queueUrl: string; log: Log };

/**
 * Sends dead letters to the main queue again, and deletes each once the main queue has confirmed it: a replay that is
 * killed loses nothing, and sends nothing twice if it is started again within 5 minutes. Several may run at once. The
 * letters of a user go in the order in which their events were accepted, as far as they are read together.
 *
 * @throws what SQS answers to those who read the letters; failures to send are counted
 */
export async function replay(options: ReplayOptions, ports: ReplayPorts): Promise<ReplayResult> {
  const { rate = REPLAY_RATE, signal } = options;
  const reader = createLetterReader(ports, options);
  const selection = createSelection(options);
  const pace = createPace(rate, ports.clock, signal);
  const stepSize = Math.min(MAX_STEP, Math.ceil(rate / STEPS_PER_SECOND));
  let window: StoredLetter[] = [];
  let replayed = 0;
  let failed = 0;
  let isStopped = false;

  const counts = (): ReplayCounts => ({ ...selection.counts(), replayed, failed });

  async function sendWindow(): Promise<void> {
    const letters = window.toSorted(byAcceptance);
    window = [];
    for (let from = 0; from < letters.length && !isStopped; from += stepSize) {
      const step = letters.slice(from, from + stepSize);
      isStopped = !((await pace(step.length)) && (await sendStep(step)));
    }
  }

  /** Whether all of it went well. */
  async function sendStep(letters: readonly StoredLetter[]): Promise<boolean> {
    const sent = await sendLetters(letters, ports);
    for (const { comesBackAs } of sent ?? []) selection.expect(comesBackAs);
    const left = new Set(sent ? await reader.remove(letters) : letters);
    replayed += letters.length - left.size;
    failed += left.size;
    options.onProgress?.(counts(), sent?.filter(({ letter }) => !left.has(letter)) ?? []);
    return left.size === 0;
  }

  for await (const letters of reader.batches()) {
    window.push(...letters.filter(selection.takes));
    if (letters.length === 0 || selection.isOver() || isFull(window)) await sendWindow();
    if (selection.isOver() || isStopped) break;
  }
  const more = selection.isOver() || isStopped || signal?.aborted === true;
  return { ...counts(), more, unread: await reader.unread() };
}

/** Nothing if the main queue has not confirmed all of them in time. */
async function sendLetters(
  letters: readonly StoredLetter[],
  ports: ReplayPorts,
): Promise<Replayed[] | undefined> {
  const messages = letters.map(replayMessage);
  try {
    const confirmed = await within(ports.clock, SEND_MS, (signal) => sendAll(messages, ports, signal));
    return letters.map((letter, index) => {
      const message = messages[index];
      const id = (message && confirmed.get(message)) ?? '';
      return { letter, comesBackAs: letterId(id, letter.replays + 1) };
    });
  } catch (error) {
    const cause = error instanceof Error ? error.name : 'unknown';
    ports.log.error('the main queue did not confirm letters, the replay stops', {
      letters: letters.length,
      cause,
    });
    return undefined;
  }
}

/** Waits for the moment when so many more may go; false if the signal aborts before. What was missed is not made up. */
function createPace(rate: number, clock: Clock, signal: AbortSignal | undefined) {
  let next = clock.now();
  return async (count: number): Promise<boolean> => {
    const waitMs = next - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
    next = Math.max(next, clock.now()) + (count * 1_000) / rate;
    return !signal?.aborted;
  };
}

/** Events of one request were accepted at the same moment; their letters were written in their order. */
const byAcceptance = (a: StoredLetter, b: StoredLetter) =>
  Date.parse(a.acceptedAt) - Date.parse(b.acceptedAt) || a.message.sentAt - b.message.sentAt;

function isFull(window: readonly StoredLetter[]): boolean {
  const bytes = window.reduce((sum, { message }) => sum + message.body.length, 0);
  return window.length >= WINDOW_LETTERS || bytes >= WINDOW_BYTES;
}
