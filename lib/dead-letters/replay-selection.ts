import { MAX_BYTES, sizeOf } from '../sqs/sqs-limits.ts';
import { type LetterFilter, matches } from './dead-letter-filter.ts';
import { replayMessage } from './replay-message.ts';
import type { StoredLetter } from './stored-dead-letter.ts';

/** How often a letter is replayed before somebody has to insist. */
export const MAX_REPLAYS = 5;

/** Why a replay leaves a letter where it is. */
export type LeftBecause =
  | 'filter'
  /** Its body is not whole. */
  | 'not_replayable'
  /** It was replayed five times and failed each time; `force` replays it all the same. */
  | 'replay_limit'
  /** It is what became of an event that this very run has replayed. */
  | 'failed_again';

export type SelectionOptions = {
  filter?: LetterFilter;
  /** Letters to replay at most. */
  limit?: number;
  /** Replays those that have reached the limit of replays, too. */
  force?: boolean;
};

export type SelectionCounts = {
  /** Letters that pass the filter, of those that were read. */
  matched: number;
  /** Left where they are, by cause. */
  skipped: Record<LeftBecause, number>;
};

/** What of the letters that come by is to be replayed. */
export type Selection = {
  /** Whether this one is; never once there were `limit`. */
  takes(letter: StoredLetter): boolean;
  /** Whether there would have been more than `limit`. */
  isOver(): boolean;
  /** A letter of this id, should it come, is an event of this run that failed again. */
  expect(id: string): void;
  counts(): SelectionCounts;
};

export function createSelection(options: SelectionOptions): Selection {
  const { limit = Number.POSITIVE_INFINITY } = options;
  const skipped = { filter: 0, not_replayable: 0, replay_limit: 0, failed_again: 0 };
  const expected = new Set<string>();
  let matched = 0;
  let taken = 0;
  let isOver = false;

  return {
    takes(letter) {
      const cause = expected.has(letter.id) ? 'failed_again' : leftBecause(letter, options);
      isOver ||= cause === undefined && taken >= limit;
      if (isOver) return false;
      if (cause !== 'filter' && cause !== 'failed_again') matched += 1;
      if (cause === undefined) taken += 1;
      else skipped[cause] += 1;
      return cause === undefined;
    },
    isOver: () => isOver,
    expect: (id) => void expected.add(id),
    counts: () => ({ matched, skipped: { ...skipped } }),
  };
}

/** Why a replay would leave the letter where it is; nothing if it would replay it. */
export function leftBecause(
  letter: StoredLetter,
  { filter = {}, force = false }: Omit<SelectionOptions, 'limit'>,
): Exclude<LeftBecause, 'failed_again'> | undefined {
  if (!matches(letter, filter)) return 'filter';
  if (!letter.replayable || sizeOf(replayMessage(letter)) > MAX_BYTES) return 'not_replayable';
  if (letter.replays >= MAX_REPLAYS && !force) return 'replay_limit';
  return undefined;
}
