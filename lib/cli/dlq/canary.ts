import type { ReplayedDeadLetter } from '../../dead-letters/replay-dead-letters.ts';
import type { StoredDeadLetter } from '../../dead-letters/stored-dead-letter.ts';
import { getQueueDepth } from '../../sqs/queue-depth.ts';
import { pluralize } from './format.ts';
import { openDeadLetterReader } from './read-dead-letters.ts';
import { type ReplayOptions, type ReplaySession, runReplay } from './run-replay.ts';

type WaitResult = {
  /** Those that are dead letters again. */
  failed: StoredDeadLetter[];
  /**
   * `gone`: the main queue was empty, so that all of them were dealt with. `waited`: the time is up, and the main queue
   * is no longer than before. `stuck`: the time is up, and it is longer: nobody knows.
   */
  state: 'gone' | 'waited' | 'stuck';
};

const POLL_MS = 1_000;

/** SQS's counts are approximate: so often in a row the queue must look empty. */
const EMPTY_POLLS = 2;

/** What became of the canaries; `cause` if they did not pass. */
export type CanaryResult = { passed: true; sent: number } | { passed: false; sent: number; cause: string };

/** Replays a few letters, and waits for what becomes of them; `say` tells a person. */
export async function sendCanaries(
  options: ReplayOptions,
  waitSeconds: number,
  session: ReplaySession,
  print: (line: string) => Promise<void>,
): Promise<CanaryResult> {
  const { connection } = session;
  const before = await getQueueDepth(connection.sqs, connection.queueUrl);
  const canaries: ReplayedDeadLetter[] = [];
  const { failed: unconfirmed } = await runReplay(options, session, (replayed) => canaries.push(...replayed));
  const sent = canaries.length;
  const fail = async (cause: string): Promise<CanaryResult> => {
    await print(`${cause} Nothing more was replayed.`);
    return { passed: false, sent, cause };
  };
  if (unconfirmed > 0) return fail('The main queue did not confirm them: run it again.');
  if (sent === 0) return { passed: true, sent };

  await print(`${pluralize(sent, 'dead letter')} replayed first, waiting for what becomes of them.`);
  const depthBefore = before.queued + before.inFlight;
  const { failed, state } = await waitForCanaries({ canaries, depthBefore, waitSeconds }, session);
  const [first] = failed;
  if (first) return fail(`${failed.length} came back: ${first.reason}: ${first.detail}.`);
  if (session.signal.aborted) return fail('Stopped before it was known what becomes of them.');
  if (state === 'stuck') return fail('They still wait in the main queue: see relay status.');
  await print(
    state === 'gone' ? 'None came back: they are delivered.' : `None came back in ${waitSeconds} s.`,
  );
  return { passed: true, sent };
}

type WaitOptions = {
  canaries: readonly ReplayedDeadLetter[];
  /** Messages in the main queue before. */
  depthBefore: number;
  waitSeconds: number;
};

/**
 * Waits for what becomes of replayed letters: that they come back as dead letters, or that the main queue is through
 * with them. SQS does not tell of single messages; so where live traffic never lets it run empty, all the time is
 * waited out.
 */
async function waitForCanaries(
  { canaries, depthBefore, waitSeconds }: WaitOptions,
  { connection, context, signal }: ReplaySession,
): Promise<WaitResult> {
  const { clock } = context;
  const ids = new Set(canaries.map(({ nextDeadLetterId }) => nextDeadLetterId));
  const deadline = clock.now() + waitSeconds * 1_000;
  let emptyPolls = 0;
  for (;;) {
    // In this order: what fails is a dead letter before it leaves the main queue.
    const { queued, inFlight } = await getQueueDepth(connection.sqs, connection.queueUrl);
    const failed: StoredDeadLetter[] = [];
    for await (const deadLetters of openDeadLetterReader(connection, context, signal).batches()) {
      failed.push(...deadLetters.filter(({ id }) => ids.has(id)));
    }
    emptyPolls = queued + inFlight === 0 ? emptyPolls + 1 : 0;
    if (failed.length === canaries.length || emptyPolls >= EMPTY_POLLS) return { failed, state: 'gone' };
    if (signal.aborted || clock.now() >= deadline) {
      const isBackToDepthBefore = !signal.aborted && queued + inFlight <= depthBefore;
      return { failed, state: isBackToDepthBefore ? 'waited' : 'stuck' };
    }
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
}
