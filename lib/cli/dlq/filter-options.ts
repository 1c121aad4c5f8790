import type { Command } from 'commander';
import type { DeadLetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import { REASONS, type Reason } from '../../dead-letters/reasons.ts';
import { EVENT_TYPES } from '../../segment/event-type.ts';
import { CommandError } from '../cli-errors.ts';
import { choicesFrom } from '../options.ts';

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

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseTime(option: string, text: string, now: number): number {
  const [, amount = '', unit = ''] = /^(\d+)\s*([smhd])(?: ago)?$/.exec(text.trim()) ?? [];
  const unitLengthMs = unitMs[unit];
  // Date.parse would take "3" for a month.
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  const time = unitLengthMs === undefined ? date : now - Number(amount) * unitLengthMs;
  if (!Number.isNaN(time)) return time;
  throw new CommandError(
    `${option} must be a time, 2026-01-31T08:00Z for example, or how long ago: 30m, 2h, 3d`,
  );
}
