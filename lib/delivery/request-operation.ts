import type { Operation } from '../salesmachine/operation.ts';
import type { Work } from './queued-event.ts';

/** An operation of one message. */
export type Part = {
  work: Work;
  operation: Operation;
  json: string;
  /** The event's time, else when it was accepted: ISO 8601 UTC with milliseconds, so that it sorts as text. */
  at: string;
};

/** What stands at one place of a request: one part, or several merged into one operation. */
export type Item = { operation: Operation; json: string; parts: readonly Part[] };

/** The works that items belong to. */
export const worksOf = (items: readonly Item[]): Work[] => [
  ...new Set(items.flatMap((item) => item.parts.map((part) => part.work))),
];

/** The contacts and accounts that an operation touches. */
export function keysOf(operation: Operation): string[] {
  switch (operation.method) {
    case 'account':
      return [`account ${operation.account_uid}`];
    case 'alias':
      return [`contact ${operation.contact_uid}`, `contact ${operation.previous_contact_uid}`];
    default:
      return [`contact ${operation.contact_uid}`];
  }
}
