import type { Operation } from '../../../lib/salesmachine/operation.ts';
import type { AccountLinks } from './account-links.ts';
import { DUPLICATE_CAUSE, type EventTracker, OPERATION, parseEventNumber } from './event-tracker.ts';

export type AppliedOperations = {
  /** Applies a batch or an alias call, all of it or nothing: 201, or else the status to answer. */
  apply(operations: readonly Operation[], place: number, now: number): number;
  /** From now on these may arrive twice. */
  allowDuplicate(operations: readonly Operation[]): void;
};

const MAX_OPERATIONS = 100;

/** What Salesmachine has applied; from `fixedAt` on it also takes what it used to refuse. */
export function createAppliedOperations(
  tracker: EventTracker,
  reportViolation: (what: string) => void,
  fixedAt: number,
  links: AccountLinks,
): AppliedOperations {
  const allowDuplicate = (operations: readonly Operation[]) => {
    for (const operation of operations) {
      for (const number of parseEventNumbers(operation))
        tracker.allowDuplicate(number, DUPLICATE_CAUSE.unanswered);
    }
  };

  /** The status of a conflict that one of the events has; at the next request there is none. */
  const takeConflicts = (numbers: readonly number[]): number => {
    const { conflictsWith } = tracker.events;
    const status = numbers.reduce((found, number) => found || (conflictsWith[number] ?? 0), 0);
    for (const number of status === 0 ? [] : numbers) conflictsWith[number] = 0;
    return status;
  };

  return {
    apply: (operations, place, now) => {
      if (operations.length > MAX_OPERATIONS) return 422;
      const numbers = operations.map(parseEventNumbers);
      for (const number of numbers.flat()) {
        const status = tracker.events.rejectedWith[number] ?? 0;
        if (status !== 0 && now < fixedAt) return status;
        if ((tracker.events.flakyUntil[number] ?? 0) > now) return 500;
      }
      const conflict = takeConflicts(numbers.flat());
      if (conflict !== 0) return conflict;
      operations.forEach((operation, index) => {
        const merged = numbers[index] ?? [];
        const bit = toOperationBit(operation);
        links.onApplied(operation);
        for (const number of merged) tracker.onDelivered(number, bit, place, now);
        if (merged.length < 2) return;
        tracker.onMerged(merged.length - 1);
        if (!isMergedByTime(operation, merged, tracker))
          reportViolation('a merge in which an older trait has won');
      });
      return 201;
    },
    allowDuplicate,
  };
}

function toOperationBit(operation: Operation): number {
  if (operation.method !== 'event') return OPERATION[operation.method];
  return operation.event_uid === 'pageview' ? OPERATION.pageview : OPERATION.event;
}

/** The events that an operation stands for: several, if it was merged. */
export function parseEventNumbers(operation: Operation): number[] {
  if (operation.method === 'alias')
    return [parseEventNumber(operation.previous_contact_uid)].filter((each) => each !== undefined);
  return Object.keys(operation.params)
    .map((name) => (name.startsWith('sim_') ? parseEventNumber(name) : undefined))
    .filter((each) => each !== undefined);
}

/** Each identify and group call sets the trait `latest` to its number: of merged ones, the latest event's must win. */
function isMergedByTime(operation: Operation, numbers: readonly number[], { events }: EventTracker): boolean {
  if (operation.method === 'alias') return true;
  const timeOf = (number: number) => events.timestamp[number] ?? 0;
  const latest = Math.max(...numbers.map(timeOf));
  const winners = numbers.filter((number) => timeOf(number) === latest);
  return winners.some((number) => operation.params['latest'] === number);
}
