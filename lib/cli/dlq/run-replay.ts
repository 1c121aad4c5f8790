import type { DeadLetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import {
  type ReplayCounts,
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
export type ReplayOptions = {
  filter: DeadLetterFilter;
  force: boolean;
  rate: number;
  limit?: number;
  /** Why, for the audit line. */
  why: string | undefined;
};

/** With how long it took, without what came before: the real speed is `replayed / seconds`. */
export type TimedReplay = ReplayResult & { seconds: number };

export type ReplaySession = { connection: Connection; context: CommandContext; signal: AbortSignal };

/** Replays, shows the progress, and leaves an audit line, also if it fails half-way. */
export async function runReplay(
  { why, ...options }: ReplayOptions,
  { connection, context, signal }: ReplaySession,
  onReplayed: (replayed: readonly ReplayedDeadLetter[]) => void = () => undefined,
): Promise<TimedReplay> {
  const { queued, inFlight } = await getQueueDepth(connection.sqs, connection.deadLetterQueueUrl);
  const total = Math.min(queued + inFlight, options.limit ?? Number.POSITIVE_INFINITY);
  const progress = createProgress(context, 'replayed');
  let counts = { replayed: 0, failed: 0 };
  const onProgress = (
    { replayed, failed, skipped }: ReplayCounts,
    chunk: readonly ReplayedDeadLetter[],
  ): void => {
    counts = { replayed, failed };
    const seen = Object.values(skipped).reduce((sum, count) => sum + count, replayed);
    progress.show(replayed, seen / total);
    onReplayed(chunk);
  };
  const startedAt = context.clock.now();
  try {
    const ports = { ...connection, ...context, log: createStderrLog(context) };
    const { waitSeconds } = connection;
    const result = await replay({ ...options, signal, waitSeconds, onProgress }, ports);
    return { ...result, seconds: (context.clock.now() - startedAt) / 1_000 };
  } finally {
    progress.end();
    const { replayed: count, failed } = counts;
    await connection.audit({ action: 'replay', filter: options.filter, count, failed, why });
  }
}

/** A replay may take long, so that a failure is shown as it happens. */
function createStderrLog(context: CommandContext): Log {
  const silent = () => undefined;
  const write: Log['warn'] = (message) => printNote(context, `relay: ${message}`);
  return { debug: silent, info: silent, warn: write, error: write };
}
