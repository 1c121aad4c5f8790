import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { CAUSE, type Ledger, numberIn, PART } from './event-tracker.ts';

export type OperationBook = {
  /** Applies a batch or an alias call, all of it or nothing, and returns the status to answer. */
  apply(operations: readonly Operation[], place: number, now: number): number;
  /** From now on these may arrive twice. */
  excuse(operations: readonly Operation[]): void;
};

const MAX_OPERATIONS = 100;

/** Where Salesmachine books what it applies; from `mendedAt` on also what it used to refuse. */
export function createOperationBook(
  ledger: Ledger,
  violation: (what: string) => void,
  mendedAt: number,
): OperationBook {
  const excuse = (operations: readonly Operation[]) => {
    for (const operation of operations) {
      for (const number of numbersOf(operation)) ledger.excuse(number, CAUSE.unanswered);
    }
  };

  return {
    apply: (operations, place, now) => {
      if (operations.length > MAX_OPERATIONS) return 422;
      const numbers = operations.map(numbersOf);
      for (const number of numbers.flat()) {
        const poison = ledger.events.poison[number] ?? 0;
        if (poison !== 0 && now < mendedAt) return poison;
        if ((ledger.events.ailsUntil[number] ?? 0) > now) return 500;
      }
      operations.forEach((operation, index) => {
        const merged = numbers[index] ?? [];
        const part = partOf(operation);
        for (const number of merged) ledger.delivered(number, part, place, now);
        if (merged.length < 2) return;
        ledger.mergedAway(merged.length - 1);
        if (!isMergedByTime(operation, merged, ledger)) violation('a merge in which an older trait has won');
      });
      return 201;
    },
    excuse,
  };
}

function partOf(operation: Operation): number {
  if (operation.method !== 'event') return PART[operation.method];
  return operation.event_uid === 'pageview' ? PART.pageview : PART.event;
}

/** The events that an operation stands for: several, if it was merged. */
export function numbersOf(operation: Operation): number[] {
  if (operation.method === 'alias')
    return [numberIn(operation.previous_contact_uid)].filter((each) => each !== undefined);
  return Object.keys(operation.params)
    .map((name) => (name.startsWith('sim_') ? numberIn(name) : undefined))
    .filter((each) => each !== undefined);
}

/** Each identify and group call sets the trait `latest` to its number: of merged ones, the latest event's must win. */
function isMergedByTime(operation: Operation, numbers: readonly number[], { events }: Ledger): boolean {
  if (operation.method === 'alias') return true;
  const timeOf = (number: number) => events.timestamp[number] ?? 0;
  const latest = Math.max(...numbers.map(timeOf));
  const winners = numbers.filter((number) => timeOf(number) === latest);
  return winners.some((number) => operation.params['latest'] === number);
}
