import { type MappingSettings, mapEvent } from '../mapping/map-event.ts';
import { parseJson } from '../runtime/json.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { parseEvent } from '../segment/event.ts';
import { getAcceptedAt, type ReceivedMessage } from '../sqs/received-message.ts';
import type { PendingOperation } from './request-operation.ts';

/** A message in the lane, and how far its delivery has come. */
export type QueuedEvent = {
  message: ReceivedMessage;
  event: { messageId?: string | undefined; type?: string | undefined };
  operations: PendingOperation[];
  /** Parts whose fate is not settled yet. */
  pendingOperations: number;
  /** How often a request with it failed for a passing reason. */
  transientFailures: number;
};

/**
 * Reads a message and maps its event; no parts: the event is not meant for Salesmachine (any more). An event that
 * cannot be mapped is that event's trouble alone, so nothing is thrown.
 */
export function readQueuedEvent(
  message: ReceivedMessage,
  settings: MappingSettings,
): QueuedEvent | { invalid: string } {
  try {
    const parsed = parseEvent(parseJson(message.body));
    if (parsed.kind === 'invalid') return { invalid: parsed.detail };
    if (parsed.kind === 'skipped') return toQueuedEvent(message, {}, []);
    const { messageId, type } = parsed.event;
    return toQueuedEvent(message, { messageId, type }, mapEvent(parsed.event, settings));
  } catch (error) {
    return {
      invalid: `the event cannot be mapped (${error instanceof Error ? error.name : 'unknown error'})`,
    };
  }
}

function toQueuedEvent(
  message: ReceivedMessage,
  event: QueuedEvent['event'],
  operations: readonly Operation[],
): QueuedEvent {
  const queuedEvent: QueuedEvent = {
    message,
    event,
    operations: [],
    pendingOperations: operations.length,
    transientFailures: 0,
  };
  queuedEvent.operations = operations.map(
    (operation): PendingOperation => ({
      queuedEvent,
      operation,
      json: JSON.stringify(operation),
      occurredAt: operation.created_at ?? getAcceptedAt(message),
    }),
  );
  return queuedEvent;
}
