import type { Replayed } from '../../dead-letters/replay-dead-letters.ts';
import type { StoredLetter } from '../../dead-letters/stored-dead-letter.ts';
import { depthOf } from '../../sqs/queue-depth.ts';
import { counted } from './format.ts';
import { letterReader } from './read-dead-letters.ts';
import { type ReplayMeans, type ReplayTerms, runReplay } from './run-replay.ts';

type Fate = {
  /** Those that are dead letters again. */
  failed: StoredLetter[];
  /**
   * `gone`: the main queue was empty, so that all of them were dealt with. `waited`: the time is up, and the main queue
   * is no longer than before. `stuck`: the time is up, and it is longer: nobody knows.
   */
  sight: 'gone' | 'waited' | 'stuck';
};

const POLL_MS = 1_000;

/** SQS's counts are approximate: so often in a row the queue must look empty. */
const EMPTY_LOOKS = 2;

/** What became of the canaries; `cause` if they did not pass. */
export type Verdict = { passed: true; sent: number } | { passed: false; sent: number; cause: string };

/** Replays a few letters, and waits for what becomes of them; `say` tells a person. */
export async function sendCanaries(
  terms: ReplayTerms,
  waitSeconds: number,
  means: ReplayMeans,
  say: (line: string) => Promise<void>,
): Promise<Verdict> {
  const { connection } = means;
  const before = await depthOf(connection.sqs, connection.queueUrl);
  const canaries: Replayed[] = [];
  const { failed: unconfirmed } = await runReplay(terms, means, (replayed) => canaries.push(...replayed));
  const sent = canaries.length;
  const refuse = async (cause: string): Promise<Verdict> => {
    await say(`${cause} Nothing more was replayed.`);
    return { passed: false, sent, cause };
  };
  if (unconfirmed > 0) return refuse('The main queue did not confirm them: run it again.');
  if (sent === 0) return { passed: true, sent };

  await say(`${counted(sent, 'dead letter')} replayed first, waiting for what becomes of them.`);
  const depthBefore = before.queued + before.inFlight;
  const { failed, sight } = await fateOf({ canaries, depthBefore, waitSeconds }, means);
  const [first] = failed;
  if (first) return refuse(`${failed.length} came back: ${first.reason}: ${first.detail}.`);
  if (means.signal.aborted) return refuse('Stopped before it was known what becomes of them.');
  if (sight === 'stuck') return refuse('They still wait in the main queue: see relay status.');
  await say(sight === 'gone' ? 'None came back: they are delivered.' : `None came back in ${waitSeconds} s.`);
  return { passed: true, sent };
}

type Terms = {
  canaries: readonly Replayed[];
  /** Messages in the main queue before. */
  depthBefore: number;
  waitSeconds: number;
};

/**
 * Waits for what becomes of replayed letters: that they come back as dead letters, or that the main queue is through
 * with them. SQS does not tell of single messages; so where live traffic never lets it run empty, all the time is
 * waited out.
 */
async function fateOf(
  { canaries, depthBefore, waitSeconds }: Terms,
  { connection, terminal, signal }: ReplayMeans,
): Promise<Fate> {
  const { clock } = terminal;
  const ids = new Set(canaries.map(({ comesBackAs }) => comesBackAs));
  const until = clock.now() + waitSeconds * 1_000;
  let emptyLooks = 0;
  for (;;) {
    // In this order: what fails is a dead letter before it leaves the main queue.
    const { queued, inFlight } = await depthOf(connection.sqs, connection.queueUrl);
    const failed: StoredLetter[] = [];
    for await (const letters of letterReader(connection, terminal, signal).batches()) {
      failed.push(...letters.filter(({ id }) => ids.has(id)));
    }
    emptyLooks = queued + inFlight === 0 ? emptyLooks + 1 : 0;
    if (failed.length === canaries.length || emptyLooks >= EMPTY_LOOKS) return { failed, sight: 'gone' };
    if (signal.aborted || clock.now() >= until) {
      const isThrough = !signal.aborted && queued + inFlight <= depthBefore;
      return { failed, sight: isThrough ? 'waited' : 'stuck' };
    }
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
}
