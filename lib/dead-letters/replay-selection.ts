import { MAX_MESSAGE_BYTES, messageBytes } from '../sqs/sqs-limits.ts';
import { type DeadLetterFilter, matchesFilter } from './dead-letter-filter.ts';
import { toReplayMessage } from './replay-message.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/** How often a dead letter is replayed unless the operator forces it. */
export const MAX_REPLAYS = 5;

/**
 * Why a replay leaves a dead letter where it is.
 *
 * - `filter`: it does not match the filter
 * - `not_replayable`: its body is not stored whole
 * - `replay_limit`: it was replayed five times and failed each time; `force` replays it all the same
 * - `failed_again`: it is an event that this very run has replayed
 */
export const SKIP_REASONS = ['filter', 'not_replayable', 'replay_limit', 'failed_again'] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

export type SelectionOptions = {
  filter?: DeadLetterFilter;
  /** Dead letters to replay at most. */
  limit?: number;
  /** Replays those that have reached the limit of replays, too. */
  force?: boolean;
};

export type SelectionCounts = {
  /** Dead letters that match the filter, of those that were read. */
  matched: number;
  /** Left where they are, by cause. */
  skipped: Record<SkipReason, number>;
};

/** Decides which of the dead letters that are read to replay. */
export type Selection = {
  /** Whether to replay this one; never once `limit` are selected. */
  select(deadLetter: StoredDeadLetter): boolean;
  /** Whether there are more than `limit`. */
  limitReached(): boolean;
  /** A dead letter of this id is an event of this run that failed again. */
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

/** Why a replay leaves the dead letter where it is; undefined if it replays it. */
function findSkipReason(
  deadLetter: StoredDeadLetter,
  { filter = {}, force = false }: Omit<SelectionOptions, 'limit'>,
): Exclude<SkipReason, 'failed_again'> | undefined {
  if (!matchesFilter(deadLetter, filter)) return 'filter';
  if (!deadLetter.replayable || messageBytes(toReplayMessage(deadLetter)) > MAX_MESSAGE_BYTES)
    return 'not_replayable';
  if (deadLetter.replays >= MAX_REPLAYS && !force) return 'replay_limit';
  return undefined;
}
