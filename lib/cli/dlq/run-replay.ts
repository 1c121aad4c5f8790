import type { DeadLetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import {
  type ReplayedDeadLetter,
  type ReplayResult,
  replay,
} from '../../dead-letters/replay-dead-letters.ts';
import { getQueueDepth } from '../../sqs/queue-depth.ts';
import type { Log } from '../../telemetry/log.ts';
import { type CommandContext, printNote } from '../command-context.ts';
import type { Connection } from '../connection.ts';
import { createProgress } from '../progress.ts';

/** What to replay, and how fast: dead letters a second. */
export type ReplayOptions = { filter: DeadLetterFilter; force: boolean; rate: number; limit?: number };

export type ReplaySession = { connection: Connection; context: CommandContext; signal: AbortSignal };

/** Replays, and shows the progress. */
export async function runReplay(
  options: ReplayOptions,
  { connection, context, signal }: ReplaySession,
  onReplayed: (replayed: readonly ReplayedDeadLetter[]) => void = () => undefined,
): Promise<ReplayResult> {
  const { queued, inFlight } = await getQueueDepth(connection.sqs, connection.deadLetterQueueUrl);
  const total = Math.min(queued + inFlight, options.limit ?? Number.POSITIVE_INFINITY);
  const progress = createProgress(context, 'replayed');
  const replayOptions = {
    ...options,
    signal,
    waitSeconds: connection.waitSeconds,
    onProgress: (
      { replayed, skipped }: Pick<ReplayResult, 'replayed' | 'skipped'>,
      chunk: readonly ReplayedDeadLetter[],
    ) => {
      const seen = Object.values(skipped).reduce((sum, count) => sum + count, replayed);
      progress.show(replayed, seen / total);
      onReplayed(chunk);
    },
  };
  try {
    return await replay(replayOptions, { ...connection, ...context, log: createStderrLog(context) });
  } finally {
    progress.end();
  }
}

/** A replay may take long, so that a failure is shown as it happens. */
function createStderrLog(context: CommandContext): Log {
  const silent = () => undefined;
  const write: Log['warn'] = (message) => printNote(context, `relay: ${message}`);
  return { debug: silent, info: silent, warn: write, error: write };
}
