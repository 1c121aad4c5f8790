import { parseObjectOrEmpty } from '../runtime/json.ts';
import { normalizeDetail } from './group-by-cause.ts';
import type { Reason } from './reasons.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/** Which dead letters are meant: those that match every condition. Without conditions, all of them. */
export type DeadLetterFilter = {
  ids?: readonly string[];
  reasons?: readonly Reason[];
  /** Of one cause: the detail, whatever numbers and ids are in it. */
  detail?: string;
  /** Types of events: `track`, for example, or `unknown`. */
  types?: readonly string[];
  /** Given up at this moment or later; milliseconds since the epoch. */
  since?: number;
  /** Given up before this moment. */
  until?: number;
  /** The event's `userId` or `anonymousId`. */
  user?: string;
  /** The event's `messageId`. */
  messageId?: string;
};

export function matchesFilter(deadLetter: StoredDeadLetter, filter: DeadLetterFilter): boolean {
  return (
    ifGiven(filter.ids, (ids) => ids.includes(deadLetter.id)) &&
    ifGiven(filter.reasons, (reasons) => reasons.includes(deadLetter.reason)) &&
    ifGiven(filter.detail, (detail) => normalizeDetail(deadLetter.detail) === normalizeDetail(detail)) &&
    ifGiven(filter.types, (types) => types.includes(deadLetter.type ?? 'unknown')) &&
    ifGiven(filter.since, (since) => deadLetter.deadAt >= since) &&
    ifGiven(filter.until, (until) => deadLetter.deadAt < until) &&
    ifGiven(filter.messageId, (messageId) => deadLetter.messageId === messageId) &&
    ifGiven(filter.user, (user) => belongsToUser(deadLetter, user))
  );
}

const ifGiven = <T>(wanted: T | undefined, test: (wanted: T) => boolean): boolean =>
  wanted === undefined || test(wanted);

/** Ids may be numbers: senders differ. */
function belongsToUser({ message, replayable }: StoredDeadLetter, user: string): boolean {
  const { userId, anonymousId } = replayable ? parseObjectOrEmpty(message.body) : {};
  return [userId, anonymousId].some((id) => id !== undefined && id !== null && String(id) === user);
}
