import type { LetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import { type Replayed, type ReplayResult, replay } from '../../dead-letters/replay-dead-letters.ts';
import { depthOf } from '../../sqs/queue-depth.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Terminal } from '../command-context.ts';
import type { Connection } from '../connection.ts';
import { createProgress } from '../progress.ts';

/** What is to be replayed, and how fast: letters a second. */
export type ReplayTerms = { filter: LetterFilter; force: boolean; rate: number; limit?: number };

export type ReplayMeans = { connection: Connection; terminal: Terminal; signal: AbortSignal };

/** The replay itself, with a bar that tells how far it is. */
export async function runReplay(
  terms: ReplayTerms,
  { connection, terminal, signal }: ReplayMeans,
  onReplayed: (replayed: readonly Replayed[]) => void = () => undefined,
): Promise<ReplayResult> {
  const { queued, inFlight } = await depthOf(connection.sqs, connection.deadLetterQueueUrl);
  const total = Math.min(queued + inFlight, terms.limit ?? Number.POSITIVE_INFINITY);
  const progress = createProgress(terminal, 'replayed');
  const options = {
    ...terms,
    signal,
    waitSeconds: connection.waitSeconds,
    onProgress: (
      { replayed, skipped }: Pick<ReplayResult, 'replayed' | 'skipped'>,
      step: readonly Replayed[],
    ) => {
      const seen = Object.values(skipped).reduce((sum, count) => sum + count, replayed);
      progress.show(replayed, seen / total);
      onReplayed(step);
    },
  };
  try {
    return await replay(options, { ...connection, ...terminal, log: logTo(terminal) });
  } finally {
    progress.end();
  }
}

/** What goes wrong on the way is told at once: it may take long. */
function logTo({ stderr }: Terminal): Log {
  const silent = () => undefined;
  const write: Log['warn'] = (message) => void stderr.write(`relay: ${message}\n`);
  return { debug: silent, info: silent, warn: write, error: write };
}
