import { mapBody } from '../mapping/map-body.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { getAcceptedAt, type ReceivedMessage } from '../sqs/received-message.ts';

/**
 * Which events share a request: `fresh` ones with each other; those that `returned` though delivery was well with each
 * other, for one of them may be bad; one that goes `alone`, because it failed alone, with none.
 */
export type Lot = 'fresh' | 'returned' | 'alone';

/** A message in the lane, and how far its delivery has come. */
export type QueuedEvent = {
  message: ReceivedMessage;
  event: { messageId?: string | undefined; type?: string | undefined };
  operations: PendingOperation[];
  /** Operations that are neither delivered nor given up yet. */
  pendingOperations: number;
  /** How often a request with it failed or was refused. */
  failures: number;
  lot: Lot;
  /** How often it has left the search of a batch, to go with another one. */
  dismissals: number;
};

/** An operation of one event, until it is delivered or given up. */
export type PendingOperation = {
  queuedEvent: QueuedEvent;
  operation: Operation;
  json: string;
  /** The event's time, else when it was accepted: ISO 8601 UTC with milliseconds, so that it sorts as text. */
  occurredAt: string;
};

/** Nothing of the message can be delivered; `invalid` says why, and quotes no value. */
type UnusableMessage = { reason: (typeof reasons)[keyof typeof reasons]; invalid: string; error: unknown };

const reasons = { invalid: 'invalid_event', too_large: 'too_large', unmappable: 'unmappable' } as const;

/**
 * Reads a message and maps its event; without operations, the event is not meant for Salesmachine (any more). What the
 * mapping throws is returned as `error`: a bug of ours concerns this event alone.
 */
export function readQueuedEvent(
  message: ReceivedMessage,
  settings: MappingSettings,
): QueuedEvent | UnusableMessage {
  const mapped = mapBody(message.body, settings, getAcceptedAt(message));
  if (mapped.kind === 'skipped') return toQueuedEvent(message, {}, []);
  if (mapped.kind !== 'operations') {
    return {
      reason: reasons[mapped.kind],
      invalid: mapped.detail,
      error: 'error' in mapped ? mapped.error : undefined,
    };
  }
  const { messageId, type } = mapped.event;
  return toQueuedEvent(message, { messageId, type }, mapped.operations);
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
    failures: 0,
    lot: 'fresh',
    dismissals: 0,
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
