import { merge } from '../delivery/merge.ts';
import type { QueuedEvent } from '../delivery/queued-event.ts';
import { requestBody, requestPath } from '../delivery/request.ts';
import type { Operation } from '../salesmachine/operation.ts';

/** The request to Salesmachine, as the worker would make it if the operations were those of one event alone. */
export function previewRequest(
  operations: readonly Operation[],
  aliasAlone: boolean,
): { path: string; body: string } {
  const queuedEvent: QueuedEvent = {
    message: {
      sqsMessageId: '',
      receiptHandle: '',
      body: '',
      groupId: '',
      sentAt: 0,
      receiveCount: 1,
      attributes: {},
    },
    event: {},
    operations: [],
    pendingOperations: operations.length,
    failures: 0,
    lot: 'fresh',
    dismissals: 0,
  };
  queuedEvent.operations = operations.map((operation) => ({
    queuedEvent,
    operation,
    json: JSON.stringify(operation),
    occurredAt: operation.created_at ?? '',
  }));
  const path = requestPath([queuedEvent], aliasAlone);
  return { path, body: requestBody({ path, operations: merge(queuedEvent.operations) }) };
}
