import type { Operation } from '../salesmachine/operation.ts';
import type { PendingOperation, QueuedEvent } from './queued-event.ts';

/** One operation of a request: that of one event, or those of several that are merged. */
export type RequestOperation = {
  operation: Operation;
  json: string;
  eventOperations: readonly PendingOperation[];
};

/** The events that the operations are of. */
export const queuedEventsIn = (operations: readonly RequestOperation[]): QueuedEvent[] => [
  ...new Set(
    operations.flatMap((operation) =>
      operation.eventOperations.map((eventOperation) => eventOperation.queuedEvent),
    ),
  ),
];

/** The contacts and accounts that an operation touches. */
export function entityKeys(operation: Operation): string[] {
  switch (operation.method) {
    case 'account':
      return [`account ${operation.account_uid}`];
    case 'alias':
      return [`contact ${operation.contact_uid}`, `contact ${operation.previous_contact_uid}`];
    default:
      return [`contact ${operation.contact_uid}`];
  }
}
