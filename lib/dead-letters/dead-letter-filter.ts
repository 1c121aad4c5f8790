import type { Reason } from './dead-letter.ts';
import { eventOf, type StoredLetter } from './stored-dead-letter.ts';

/** Which dead letters are meant: those for which everything holds that is said. Nothing said: all of them. */
export type LetterFilter = {
  ids?: readonly string[];
  reasons?: readonly Reason[];
  /** Types of events: `track`, for example. */
  types?: readonly string[];
  /** Died at this moment or later; milliseconds since the epoch. */
  since?: number;
  /** Died before this moment. */
  until?: number;
  /** The event's `userId` or `anonymousId`. */
  user?: string;
  /** The event's `messageId`. */
  messageId?: string;
};

export function matches(letter: StoredLetter, filter: LetterFilter): boolean {
  return (
    holds(filter.ids, (ids) => ids.includes(letter.id)) &&
    holds(filter.reasons, (reasons) => reasons.includes(letter.reason)) &&
    holds(filter.types, (types) => types.some((type) => type === letter.type)) &&
    holds(filter.since, (since) => letter.deadAt >= since) &&
    holds(filter.until, (until) => letter.deadAt < until) &&
    holds(filter.messageId, (messageId) => letter.messageId === messageId) &&
    holds(filter.user, (user) => isOf(letter, user))
  );
}

const holds = <T>(wanted: T | undefined, test: (wanted: T) => boolean): boolean =>
  wanted === undefined || test(wanted);

/** Ids may be numbers: Segment's senders do not agree. */
function isOf({ message, replayable }: StoredLetter, user: string): boolean {
  const { userId, anonymousId } = replayable ? eventOf(message.body) : {};
  return [userId, anonymousId].some((id) => id !== undefined && id !== null && String(id) === user);
}
