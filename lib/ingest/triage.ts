import type { DeadLetter, Sender } from '../dead-letters/dead-letter.ts';
import type { Reason } from '../dead-letters/reasons.ts';
import type { CheckedEvent } from '../mapping/map-event.ts';
import type { SkipCause } from '../mapping/skip-cause.ts';
import type { Json, JsonObject } from '../runtime/json.ts';
import type { Random } from '../runtime/random.ts';
import type { ReceivedEvent } from '../segment/received-event.ts';
import { removeCredentials } from '../segment/remove-credentials.ts';
import { createRequestIds, type OutgoingMessage, type RequestIds, toEventMessage } from '../sqs/message.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../sqs/sqs-limits.ts';

/** What becomes of one event of a request. */
export type TriagedEvent = { messageId: string | undefined } & (
  | { kind: 'queued'; message: OutgoingMessage }
  | { kind: 'dead letter'; deadLetter: DeadLetter }
  /** It is not meant for Salesmachine. */
  | { kind: 'skipped'; cause: SkipCause }
);

export type TriageContext = {
  /** What the mapping makes of an event. */
  checkEvent(source: Json): CheckedEvent;
  sender: Sender;
  /** Taken out of what cannot be read: no credential reaches a queue. */
  presentedTokens: readonly string[];
  /** Milliseconds since the epoch. */
  now: number;
  /** The same, ISO 8601. */
  acceptedAt: string;
  traceHeader: string | undefined;
  random: Random;
};

/** Sorts the events of a request into the main queue, the dead letters, and what is skipped; in the same order. */
export function triageEvents(events: readonly ReceivedEvent[], context: TriageContext): TriagedEvent[] {
  const ids = createRequestIds(context.random);
  return events.map((event) => triageEvent(event, ids, context));
}

function triageEvent(received: ReceivedEvent, ids: RequestIds, context: TriageContext): TriagedEvent {
  if (received.kind === 'unparseable') {
    const { body, detail } = received;
    return toUnreadDeadLetter({ reason: 'unparseable', detail, body }, ids, context);
  }
  const { text, value, source } = received;
  const messageId = readMessageId(value);
  const giveUp = (reason: Reason, detail: string) => {
    const isRead = Object.keys(value).length > 0;
    if (!isRead) return toUnreadDeadLetter({ reason, detail, body: text }, ids, context);
    return toDeadLetter(
      { reason, detail, body: text, sourceId: ids.sourceId(text, value), messageId },
      context,
    );
  };

  const checked = context.checkEvent(source);
  if (checked.kind === 'skipped') return { messageId, kind: 'skipped', cause: checked.cause };
  if (checked.kind === 'invalid') return giveUp('invalid_event', checked.detail);
  if (checked.kind === 'too_large') return giveUp('too_large', checked.detail);
  const deduplicationId = ids.deduplicationId(value);
  const message = toEventMessage({ text, event: checked.event, deduplicationId }, context);
  return messageBytes(message) <= MAX_MESSAGE_BYTES
    ? { messageId, kind: 'queued', message }
    : giveUp('too_large', `over ${MAX_MESSAGE_BYTES} bytes, the most that SQS holds`);
}

/** A body that cannot even be decompressed: one dead letter, with its bytes. */
export function triageUndecodable(
  body: Buffer,
  { reason, detail }: { reason: Reason; detail: string },
  context: TriageContext,
): TriagedEvent {
  return toUnreadDeadLetter({ reason, detail, body }, createRequestIds(context.random), context);
}

/** The dead letter of what could not be read, and so may hold the credential that its request presents. */
function toUnreadDeadLetter(
  { reason, detail, body }: Pick<DeadLetter, 'reason' | 'detail' | 'body'>,
  ids: RequestIds,
  context: TriageContext,
): TriagedEvent {
  const kept = removeCredentials(body, context.presentedTokens);
  return toDeadLetter({ reason, detail, body: kept, sourceId: ids.sourceId(body) }, context);
}

/** Ids may be numbers: Segment's senders do not agree. */
function readMessageId({ messageId }: JsonObject): string | undefined {
  return typeof messageId === 'string' || typeof messageId === 'number' ? String(messageId) : undefined;
}

/** An event that SQS refuses for good, with SQS's error code. */
export function triageRefused(
  { messageId, message }: Extract<TriagedEvent, { kind: 'queued' }>,
  code: string,
  context: TriageContext,
): TriagedEvent {
  const { body, deduplicationId } = message;
  const detail = `SQS refuses the event: ${code}`;
  return toDeadLetter(
    { reason: 'invalid_event', detail, body, sourceId: deduplicationId, messageId },
    context,
  );
}

/** The dead letter of what was never in the main queue. */
function toDeadLetter(
  what: Pick<DeadLetter, 'reason' | 'detail' | 'body' | 'sourceId' | 'messageId'>,
  { now, acceptedAt, sender }: TriageContext,
): TriagedEvent {
  const deadLetter = { ...what, attempts: 0, deadAt: now, acceptedAt, replays: 0, sender };
  return { messageId: what.messageId, kind: 'dead letter', deadLetter };
}
