import { hash } from 'node:crypto';
import type { JsonObject } from '../runtime/json.ts';
import type { Random } from '../runtime/random.ts';
import type { SegmentEvent } from '../segment/event.ts';

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

/**
 * What makes two events the same: all but the two fields that a sender's retry changes. `messageId` alone would not
 * do: Engage sends several events with one, and so do customers. An event that has neither `messageId` nor
 * `timestamp` may well occur twice, so each is its own: better twice than never.
 */
export function deduplicationId(value: JsonObject, random: Random): string {
  const { sentAt: _, receivedAt: __, ...content } = value;
  const identified = Boolean(value['messageId'] || value['timestamp']);
  return identified ? sqsSafeHash(JSON.stringify(content)) : randomSqsId(random);
}

/** For what has nothing that could tell it from its like. */
export const randomSqsId = (random: Random): string => sqsSafeHash(`${random()} ${random()}`);

type Parsed = { text: string; value: JsonObject; event: SegmentEvent };

/** The message that carries an event; `now` in milliseconds since the epoch. */
export function toEventMessage(
  { text, value, event }: Parsed,
  { now, trace, random }: { now: number; trace: string | undefined; random: Random },
): OutgoingMessage {
  return {
    body: text,
    groupId: messageGroupId(event),
    deduplicationId: deduplicationId(value, random),
    attributes: { version: MESSAGE_VERSION, acceptedAt: new Date(now).toISOString() },
    traceHeader: trace,
  };
}
