import { type MappingSettings, mapEvent } from '../mapping/map-event.ts';
import { parseJson } from '../runtime/json.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { parseEvent } from '../segment/event.ts';
import { acceptedAt, type ReceivedMessage } from '../sqs/received-message.ts';
import type { Part } from './request-operation.ts';

/** A message in the lane, and how far its delivery has come. */
export type Work = {
  message: ReceivedMessage;
  event: { messageId?: string | undefined; type?: string | undefined };
  parts: Part[];
  /** Parts whose fate is not settled yet. */
  open: number;
  /** How often a request with it failed for a passing reason. */
  tries: number;
};

/**
 * Reads a message and maps its event; no parts: the event is not meant for Salesmachine (any more). An event that
 * cannot be mapped is that event's trouble alone, so nothing is thrown.
 */
export function workOf(message: ReceivedMessage, settings: MappingSettings): Work | { invalid: string } {
  try {
    const parsed = parseEvent(parseJson(message.body));
    if (parsed.kind === 'invalid') return { invalid: parsed.detail };
    if (parsed.kind === 'skipped') return withParts(message, {}, []);
    const { messageId, type } = parsed.event;
    return withParts(message, { messageId, type }, mapEvent(parsed.event, settings));
  } catch (error) {
    return {
      invalid: `the event cannot be mapped (${error instanceof Error ? error.name : 'unknown error'})`,
    };
  }
}

function withParts(message: ReceivedMessage, event: Work['event'], operations: readonly Operation[]): Work {
  const work: Work = { message, event, parts: [], open: operations.length, tries: 0 };
  work.parts = operations.map((operation) => ({
    work,
    operation,
    json: JSON.stringify(operation),
    at: operation.created_at ?? acceptedAt(message),
  }));
  return work;
}
