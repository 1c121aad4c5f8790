import { mapEvent } from '../mapping/map-event.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import { errorName } from '../runtime/errors.ts';
import { type Json, parseJson } from '../runtime/json.ts';
import type { Operation } from '../salesmachine/operation.ts';
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

/** Nothing of the message can be delivered; `invalid` says why, and quotes no value. */
type UnusableMessage = {
  reason: 'invalid_event' | 'too_large' | 'unmappable';
  invalid: string;
  error?: unknown;
};

/**
 * Reads a message and maps its event; without operations, the event is not meant for Salesmachine (any more). What the
 * mapping throws is returned as `error`: a bug of ours concerns this event alone.
 */
export function readQueuedEvent(
  message: ReceivedMessage,
  settings: MappingSettings,
): QueuedEvent | UnusableMessage {
  const value = tryParseJson(message.body);
  if (value === undefined) return { reason: 'invalid_event', invalid: 'the body is not valid JSON' };
  try {
    const mapped = mapEvent(value, settings, getAcceptedAt(message));
    if (mapped.kind === 'skipped') return toQueuedEvent(message, {}, []);
    if (mapped.kind === 'invalid') return { reason: 'invalid_event', invalid: mapped.detail };
    if (mapped.kind === 'too_large') return { reason: 'too_large', invalid: mapped.detail };
    const { messageId, type } = mapped.event;
    return toQueuedEvent(message, { messageId, type }, mapped.operations);
  } catch (error) {
    return {
      reason: 'unmappable',
      invalid: `the relay failed to map the event (${errorName(error)})`,
      error,
    };
  }
}

function tryParseJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
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
