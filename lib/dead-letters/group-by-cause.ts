import type { EventType } from '../segment/event-type.ts';
import type { Reason } from './reasons.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/** Dead letters of one cause. Times are milliseconds since the epoch. */
export type Cause = {
  reason: Reason;
  status: number | null;
  /** As the dead letters say it; where they differ in numbers and ids, without these. */
  detail: string;
  count: number;
  first: number;
  last: number;
  /** How many of them by the event's type. */
  types: Partial<Record<EventType | 'unknown', number>>;
  /** How many were replayed before, and failed again. */
  replayed: number;
  sample: StoredDeadLetter;
};

/** Groups dead letters by cause, and keeps one sample of each, however many there are. */
export function createCauseGroups() {
  const causes = new Map<string, Cause>();
  return {
    add(deadLetter: StoredDeadLetter): void {
      const { reason, status = null, deadAt, type = 'unknown' } = deadLetter;
      const detail = normalizeDetail(deadLetter.detail);
      const key = JSON.stringify([reason, status, detail]);
      const cause = causes.get(key) ?? {
        reason,
        status,
        detail: deadLetter.detail,
        count: 0,
        first: deadAt,
        last: deadAt,
        types: {},
        replayed: 0,
        sample: deadLetter,
      };
      if (cause.detail !== deadLetter.detail) cause.detail = detail;
      cause.count += 1;
      cause.first = Math.min(cause.first, deadAt);
      cause.last = Math.max(cause.last, deadAt);
      cause.types[type] = (cause.types[type] ?? 0) + 1;
      if (deadLetter.replays > 0) cause.replayed += 1;
      causes.set(key, cause);
    },
    /** The most frequent first. */
    list: (): Cause[] => [...causes.values()].sort((a, b) => b.count - a.count),
  };
}

/** "Item 3: …" and "Item 7: …" are one cause, and so are two ids. */
export const normalizeDetail = (detail: string): string =>
  detail.replace(/\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b/gi, '#').replace(/\d+/g, '#');
