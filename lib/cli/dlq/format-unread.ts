import type { DeadLetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import { formatNumber } from '../format-text.ts';

/** That there are more dead letters than could be read; nothing if there are not. `unread` is a rough count. */
export const formatUnread = (unread: number): string[] =>
  unread > 0
    ? [
        `About ${formatNumber(unread)} could not be read now: another reader has them, or they wait behind others. Run it again in a minute.`,
      ]
    : [];

/** That none was found: it must not read as if there were none at all where there may be. */
export function formatNone(filter: DeadLetterFilter, unread: number, title: string): string {
  const such = Object.keys(filter).length > 0 ? 'such ' : '';
  return unread > 0
    ? `No ${such}dead letter could be read in ${title}.`
    : `No ${such}dead letters in ${title}.`;
}
