import { createEmptyCheck, getQueueDepth } from '../sqs/queue-depth.ts';
import { createDeadLetterReader, type DeadLetterReaderPorts } from './dead-letter-reader.ts';
import type { ReplayedDeadLetter, ReplayResult } from './replay-dead-letters.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/**
 * How the wait for the canaries ended.
 *
 * - `drained`: the main queue was empty, so that each of them was dealt with
 * - `timed_out`: the time is up, and the main queue is no longer than before
 * - `still_queued`: the time is up, and the main queue is longer: what becomes of them is not known
 */
type WaitState = 'drained' | 'timed_out' | 'still_queued';

type WaitResult = {
  /** Those that are dead letters again. */
  failed: StoredDeadLetter[];
  state: WaitState;
};

const POLL_MS = 1_000;

/** What became of the canaries; `cause` if they did not pass. */
export type CanaryResult = { passed: true; sent: number } | { passed: false; sent: number; cause: string };

export type CanaryOptions = {
  /** Replays the canaries, and reports each as it is replayed. */
  replay(
    onReplayed: (replayed: readonly ReplayedDeadLetter[]) => void,
  ): Promise<Pick<ReplayResult, 'failed'>>;
  /** How long to wait for what becomes of them. */
  timeoutSeconds: number;
  /** How long the dead-letter queue may take to say that it is empty. */
  waitSeconds: number;
  signal: AbortSignal;
  /** Tells a person what happens. */
  print(line: string): Promise<void>;
};

type CanaryPorts = DeadLetterReaderPorts & { queueUrl: string };

/** Replays a few dead letters, and waits for what becomes of them. */
export async function sendCanaries(options: CanaryOptions, ports: CanaryPorts): Promise<CanaryResult> {
  const { print, signal, timeoutSeconds } = options;
  const before = await getQueueDepth(ports.sqs, ports.queueUrl);
  const canaries: ReplayedDeadLetter[] = [];
  const { failed: unconfirmed } = await options.replay((replayed) => canaries.push(...replayed));
  const sent = canaries.length;
  const fail = async (cause: string): Promise<CanaryResult> => {
    await print(`${cause} Nothing more was replayed.`);
    return { passed: false, sent, cause };
  };
  if (unconfirmed > 0) return fail('The main queue did not confirm them: run it again.');
  if (sent === 0) return { passed: true, sent };

  const count = `${sent} dead letter${sent === 1 ? '' : 's'}`;
  await print(`${count} replayed first; waiting for what becomes of them.`);
  const depthBefore = before.queued + before.inFlight;
  const { failed, state } = await waitForCanaries({ ...options, canaries, depthBefore }, ports);
  if (failed.length > 0) return fail(describeFailed(failed, sent - failed.length, state));
  if (signal.aborted) return fail('Stopped before it was known what becomes of them.');
  if (state === 'still_queued') return fail('They still wait in the main queue: see relay status.');
  await print(
    state === 'drained' ? 'None came back: they are delivered.' : `None came back in ${timeoutSeconds} s.`,
  );
  return { passed: true, sent };
}

function describeFailed(failed: readonly StoredDeadLetter[], others: number, state: WaitState): string {
  const rest = state === 'drained' ? 'delivered' : 'still undecided (see relay status)';
  const [first] = failed;
  const cause = `${first?.reason}: ${first?.detail.replace(/\.$/, '')}.`;
  return `${failed.length} came back${others > 0 ? `, ${others} ${rest}` : ''}: ${cause}`;
}

type WaitOptions = Omit<CanaryOptions, 'replay' | 'print'> & {
  canaries: readonly ReplayedDeadLetter[];
  /** Messages in the main queue before. */
  depthBefore: number;
};

/**
 * Waits until all the canaries are dead letters again, or the main queue is empty. SQS says nothing about single
 * messages, so where live traffic keeps the queue from running empty, the wait lasts its whole time.
 */
async function waitForCanaries(
  { canaries, depthBefore, timeoutSeconds, waitSeconds, signal }: WaitOptions,
  ports: CanaryPorts,
): Promise<WaitResult> {
  const { clock } = ports;
  const ids = new Set(canaries.map(({ nextDeadLetterId }) => nextDeadLetterId));
  const deadline = clock.now() + timeoutSeconds * 1_000;
  const pollMainQueue = createEmptyCheck(ports.sqs, ports.queueUrl);
  for (;;) {
    // In this order: what fails is a dead letter before it leaves the main queue.
    const { isEmpty, messages } = await pollMainQueue();
    const failed: StoredDeadLetter[] = [];
    for await (const deadLetters of createDeadLetterReader(ports, { signal, waitSeconds }).batches()) {
      failed.push(...deadLetters.filter(({ id }) => ids.has(id)));
    }
    if (failed.length === canaries.length || isEmpty) return { failed, state: 'drained' };
    if (signal.aborted || clock.now() >= deadline) {
      const isBackToDepthBefore = !signal.aborted && messages <= depthBefore;
      return { failed, state: isBackToDepthBefore ? 'timed_out' : 'still_queued' };
    }
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
  }
}
