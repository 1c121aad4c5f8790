import { hash } from 'node:crypto';
import type { JsonObject } from '../runtime/json.ts';
import type { Random } from '../runtime/random.ts';
import type { SegmentEvent } from '../segment/event.ts';
import { parseId } from '../segment/id.ts';

/** The format of the message, for workers that come later. */
export const MESSAGE_VERSION = '1';

/** A message on its way to a FIFO queue. */
export type OutgoingMessage = {
  body: string;
  groupId: string;
  deduplicationId: string;
  attributes: Record<string, string>;
  /** AWS X-Ray's trace, for the system attribute `AWSTraceHeader`. */
  traceHeader?: string | undefined;
};

/** 43 characters of the alphabet that SQS allows in ids, whatever the user's id holds. */
export const sqsSafeHash = (text: string): string => hash('sha256', text, 'base64url');

/**
 * The group: all events of one contact wait in one line, so that they are delivered in order.
 * An event without a user is one of its account; parsed events have one of these ids.
 */
export function messageGroupId(event: SegmentEvent): string {
  const id = event.userId ?? event.anonymousId ?? (event.type === 'group' ? event.groupId : event.messageId);
  return sqsSafeHash(id ?? '');
}

/** The ids that the events of one request get. */
export type RequestIds = {
  /** What SQS recognises an event by that is sent again within 5 minutes. */
  deduplicationId(value: JsonObject): string;
  /** What a dead letter of the request is recognised by: `text` is the event as it came, `value` the object in it. */
  sourceId(text: string | Buffer, value?: JsonObject): string;
};

/**
 * Two events are the same if all of their content is, except the two fields that a sender's retry changes. The
 * `messageId` alone would not do: Engage sends several events with one, and so do customers.
 *
 * Without a `messageId`, the second of two like events in one request is another event: which one it is belongs to its
 * identity. Across requests such an event is known again only if its time is precise; a second holds many clicks, so
 * what is timed by the second is sent twice rather than never. A dead letter is known again in any case.
 */
export function createRequestIds(random: Random): RequestIds {
  const occurrences = new Map<string, number>();
  const addOccurrence = (id: string): string => {
    const count = (occurrences.get(id) ?? 0) + 1;
    occurrences.set(id, count);
    return count === 1 ? id : sqsSafeHash(`${id} ${count}`);
  };
  return {
    deduplicationId(value) {
      if (hasMessageId(value)) return hashContent(value);
      return hasPreciseTime(value) ? addOccurrence(hashContent(value)) : randomSqsId(random);
    },
    sourceId(text, value = {}) {
      if (hasMessageId(value)) return hashContent(value);
      const hasFields = Object.keys(value).length > 0;
      return addOccurrence(hasFields ? hashContent(value) : hash('sha256', text, 'base64url'));
    },
  };
}

function hashContent(value: JsonObject): string {
  const isTimed = 'sentAt' in value || 'receivedAt' in value;
  const content = isTimed ? { ...value, sentAt: undefined, receivedAt: undefined } : value;
  return sqsSafeHash(JSON.stringify(content));
}

/**
 * A placeholder names no event: a sender's bug writes it into all of them, and a counter that never counts writes 0.
 */
function hasMessageId({ messageId }: JsonObject): boolean {
  const id = parseId(messageId);
  return id !== undefined && id !== '0';
}

/** A fraction of a second that is not zero, in ISO 8601 or in Unix seconds or milliseconds. */
const PRECISE_TIME = /:\d\d[.,]\d*[1-9]|^\d{10}\.\d*[1-9]|^\d{10}(?!000$)\d{3}$/;

const hasPreciseTime = (value: JsonObject): boolean =>
  ['timestamp', 'originalTimestamp'].some((key) => PRECISE_TIME.test(String(value[key])));

/** An id that no other message has. */
export const randomSqsId = (random: Random): string => sqsSafeHash(`${random()} ${random()}`);

const TRACE_ID = '1-[0-9a-f]{8}-[0-9a-f]{24}';
const TRACE_HEADER = new RegExp(
  `^(?=.*\\bRoot=)(?:(?:Root=${TRACE_ID}|Self=${TRACE_ID}|Parent=[0-9a-f]{16}|Sampled=[01?]|Lineage=[0-9a-f:|]{1,100})(?:;|$))+$`,
  'i',
);

/**
 * An `X-Amzn-Trace-Id` if it is well-formed: SQS refuses a message with another one. Source: AWS X-Ray's documentation.
 */
export const parseTraceHeader = (header: string | undefined): string | undefined =>
  header !== undefined && TRACE_HEADER.test(header) ? header : undefined;

type QueuedEvent = { text: string; event: SegmentEvent; deduplicationId: string };

/** The message that carries an event; `acceptedAt` in ISO 8601. */
export function toEventMessage(
  { text, event, deduplicationId }: QueuedEvent,
  { acceptedAt, traceHeader }: { acceptedAt: string; traceHeader: string | undefined },
): OutgoingMessage {
  return {
    body: text,
    groupId: messageGroupId(event),
    deduplicationId,
    attributes: { version: MESSAGE_VERSION, acceptedAt },
    traceHeader,
  };
}
