import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { accountOf, contactOf } from '../models/segment-event.ts';
import type { EventTracker } from './event-tracker.ts';

/** The accounts that each contact is linked to at Salesmachine: links add up. */
export type AccountLinks = {
  onApplied(operation: Operation): void;
  /** Links that the events made whose delivery is over, and that Salesmachine does not have. */
  missing(events: readonly number[]): number[];
  /** Links that Salesmachine has, and no event made. */
  unexpected(): string[];
};

/** Compares what Salesmachine holds with what the group events would leave one by one. */
export function createAccountLinks(tracker: EventTracker): AccountLinks {
  const links = new Set<string>();
  const linkMadeBy = (event: number): string => {
    const user = tracker.events.user[event] ?? 0;
    return formatLink(contactOf(user), accountOf(user, event));
  };
  const isGroup = (event: number) => tracker.kindOf(event) === 'group';

  return {
    onApplied(operation) {
      if (operation.method !== 'contact') return;
      const account = operation.params['account_uid'];
      if (typeof account === 'string') links.add(formatLink(operation.contact_uid, account));
    },
    missing: (events) => events.filter((event) => isGroup(event) && !links.has(linkMadeBy(event))),
    unexpected() {
      const made = new Set(
        Array.from({ length: tracker.size() }, (_, event) => event)
          .filter(isGroup)
          .map(linkMadeBy),
      );
      return [...links].filter((link) => !made.has(link));
    },
  };
}

const formatLink = (contact: string, account: string) => `${contact} → ${account}`;
