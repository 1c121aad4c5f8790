import { hash } from 'node:crypto';
import { MESSAGE_VERSION, type OutgoingMessage, sqsSafeHash } from '../sqs/message.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../sqs/sqs-limits.ts';

/** Why an event was given up. The list is closed: a new reason is a new row in the README's runbook. */
export const REASONS = [
  'unparseable',
  'invalid_event',
  'too_large',
  'rejected',
  'server_error',
  'alias_unsupported',
  'receive_limit',
] as const;

export type Reason = (typeof REASONS)[number];

export type DeadLetter = {
  /** The event as it was queued, or as it came; bytes where they are not text. */
  body: string | Buffer;
  /** What makes this letter itself: the SQS message's id, or the event's identity where it was never queued. */
  sourceId: string;
  reason: Reason;
  /** What a person needs to know, without any value of the event. */
  detail: string;
  /** Salesmachine's last answer, if there was one. */
  status?: number | undefined;
  attempts: number;
  /** Milliseconds since the epoch. */
  deadAt: number;
  acceptedAt: string;
  messageId?: string | undefined;
  type?: string | undefined;
  replays: number;
};

/** The id of the letter that a message of this origin becomes; a message of the main queue is its own. */
export const deadLetterId = (sourceId: string, replays: number): string =>
  sqsSafeHash(`${sourceId} ${replays}`);

/**
 * The dead letter as a message: the same body, so that it can be sent to the main queue as it is, and attributes that
 * say why. Its group is its own id: a FIFO queue grouped by user could not be listed, and a letter written twice is
 * one. A body that SQS cannot hold is stored as base64, cut to fit, and says so in the attribute `encoding`: such a
 * letter cannot be replayed.
 */
export function serializeDeadLetter(deadLetter: DeadLetter): OutgoingMessage {
  const id = deadLetterId(deadLetter.sourceId, deadLetter.replays);
  const failure = {
    status: deadLetter.status,
    attempts: deadLetter.attempts,
    deadAt: new Date(deadLetter.deadAt).toISOString(),
  };
  const attributes = toAttributes({
    reason: deadLetter.reason,
    detail: deadLetter.detail,
    failure: JSON.stringify(failure),
    acceptedAt: deadLetter.acceptedAt,
    messageId: deadLetter.messageId,
    type: deadLetter.type,
    version: MESSAGE_VERSION,
    replays: String(deadLetter.replays),
  });
  const message = { body: deadLetter.body.toString(), groupId: id, deduplicationId: id, attributes };
  if (
    typeof deadLetter.body === 'string' &&
    isValidSqsText(deadLetter.body) &&
    messageBytes(message) <= MAX_MESSAGE_BYTES
  )
    return message;

  const bytes = Buffer.from(deadLetter.body);
  const original = { bytes: bytes.length, sha256: hash('sha256', bytes) };
  const encoded = { ...attributes, encoding: 'base64', failure: JSON.stringify({ ...failure, original }) };
  const bytesLeft = MAX_MESSAGE_BYTES - messageBytes({ body: '', attributes: encoded });
  const body = bytes.subarray(0, Math.floor(bytesLeft / 4) * 3).toString('base64');
  return { ...message, body, attributes: encoded };
}

/**
 * SQS takes tab, line feed, carriage return, and from the space on all but U+FFFE and U+FFFF; some of its stand-ins
 * refuse surrogate pairs, too.
 */
const isValidSqsText = (text: string) => /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]+$/.test(text);

const MAX_ATTRIBUTE_LENGTH = 256;

/** Attributes that SQS takes: none empty, none with a control character, none endless. */
function toAttributes(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const sanitized = value
        ?.toWellFormed()
        .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, ' ')
        .slice(0, MAX_ATTRIBUTE_LENGTH)
        .trim();
      return sanitized ? [[name, sanitized.toWellFormed()]] : [];
    }),
  );
}
