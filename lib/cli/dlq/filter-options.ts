import type { Command } from 'commander';
import type { DeadLetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import { REASONS, type Reason } from '../../dead-letters/reasons.ts';
import { EVENT_TYPES } from '../../segment/event-type.ts';
import { choicesFrom, parseTime } from '../options.ts';

const TYPES = [...EVENT_TYPES, 'unknown'] as const;

export type FilterOptions = {
  reason?: Reason[];
  type?: (typeof TYPES)[number][];
  since?: string;
  until?: string;
  user?: string;
  event?: string;
};

/** The filters that all the commands on dead letters share. */
export const withFilterOptions = (command: Command): Command =>
  command
    .option('--reason <reasons>', `only of these reasons: ${REASONS.join(', ')}`, choicesFrom(REASONS))
    .option('--type <types>', `only events of these types: ${TYPES.join(', ')}`, choicesFrom(TYPES))
    .option('--since <when>', 'only what failed at this time or later: 2026-01-31T08:00Z, or 2h ago, 30m, 3d')
    .option('--until <when>', 'only what failed before this time')
    .option('--user <id>', 'only events of this userId or anonymousId')
    .option('--event <messageId>', 'only the event with this messageId');

/**
 * @param now milliseconds since the epoch
 * @throws CommandError
 */
export function toFilter(options: FilterOptions, now: number): DeadLetterFilter {
  const { reason, type, since, until, user, event } = options;
  return {
    ...(reason && { reasons: reason }),
    ...(type && { types: type }),
    ...(since !== undefined && { since: parseTime('--since', since, now) }),
    ...(until !== undefined && { until: parseTime('--until', until, now) }),
    ...(user !== undefined && { user }),
    ...(event !== undefined && { messageId: event }),
  };
}
