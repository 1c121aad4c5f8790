import { MAX_MESSAGE_BYTES, messageBytes } from '../sqs/sqs-limits.ts';
import { type DeadLetterFilter, matchesFilter } from './dead-letter-filter.ts';
import { toReplayMessage } from './replay-message.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/** How often a letter is replayed before somebody has to insist. */
export const MAX_REPLAYS = 5;

/** Why a replay leaves a letter where it is. */
export type SkipReason =
  | 'filter'
  /** Its body is not whole. */
  | 'not_replayable'
  /** It was replayed five times and failed each time; `force` replays it all the same. */
  | 'replay_limit'
  /** It is what became of an event that this very run has replayed. */
  | 'failed_again';

export type SelectionOptions = {
  filter?: DeadLetterFilter;
  /** Letters to replay at most. */
  limit?: number;
  /** Replays those that have reached the limit of replays, too. */
  force?: boolean;
};

export type SelectionCounts = {
  /** Letters that pass the filter, of those that were read. */
  matched: number;
  /** Left where they are, by cause. */
  skipped: Record<SkipReason, number>;
};

/** What of the letters that come by is to be replayed. */
export type Selection = {
  /** Whether this one is; never once there were `limit`. */
  select(deadLetter: StoredDeadLetter): boolean;
  /** Whether there would have been more than `limit`. */
  limitReached(): boolean;
  /** A letter of this id, should it come, is an event of this run that failed again. */
  markReplayed(id: string): void;
  counts(): SelectionCounts;
};

export function createSelection(options: SelectionOptions): Selection {
  const { limit = Number.POSITIVE_INFINITY } = options;
  const skipped = { filter: 0, not_replayable: 0, replay_limit: 0, failed_again: 0 };
  const nextDeadLetterIds = new Set<string>();
  let matched = 0;
  let selectedCount = 0;
  let limitReached = false;

  return {
    select(deadLetter) {
      const skipReason = nextDeadLetterIds.has(deadLetter.id)
        ? 'failed_again'
        : findSkipReason(deadLetter, options);
      limitReached ||= skipReason === undefined && selectedCount >= limit;
      if (limitReached) return false;
      if (skipReason !== 'filter' && skipReason !== 'failed_again') matched += 1;
      if (skipReason === undefined) selectedCount += 1;
      else skipped[skipReason] += 1;
      return skipReason === undefined;
    },
    limitReached: () => limitReached,
    markReplayed: (id) => void nextDeadLetterIds.add(id),
    counts: () => ({ matched, skipped: { ...skipped } }),
  };
}

/** Why a replay would leave the letter where it is; nothing if it would replay it. */
export function findSkipReason(
  deadLetter: StoredDeadLetter,
  { filter = {}, force = false }: Omit<SelectionOptions, 'limit'>,
): Exclude<SkipReason, 'failed_again'> | undefined {
  if (!matchesFilter(deadLetter, filter)) return 'filter';
  if (!deadLetter.replayable || messageBytes(toReplayMessage(deadLetter)) > MAX_MESSAGE_BYTES)
    return 'not_replayable';
  if (deadLetter.replays >= MAX_REPLAYS && !force) return 'replay_limit';
  return undefined;
}
