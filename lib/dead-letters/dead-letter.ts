import { hash } from 'node:crypto';
import { MESSAGE_VERSION, type OutgoingMessage, sqsSafeHash } from '../sqs/message.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../sqs/sqs-limits.ts';
import type { Reason } from './reasons.ts';

/** Who sent an event, as far as that is known and not personal, so that the sender can be found and fixed. */
export type Sender = {
  /** The path that it was sent to: `/v1/track`. */
  route?: string | undefined;
  userAgent?: string | undefined;
  /** The kind and number of the credential, never its value: `token 2`. */
  credential?: string | undefined;
  /** The request's id, which the ingest's log lines have. */
  requestId?: string | undefined;
};

export type DeadLetter = {
  /** The event as it was queued or as it came; bytes where it is not text. */
  body: string | Buffer;
  /** What identifies the dead letter: the SQS message's id, or the event's identity if it was never queued. */
  sourceId: string;
  reason: Reason;
  /** What a person needs to know, without any value of the event. */
  detail: string;
  /** Salesmachine's last answer, if there was one. */
  status?: number | undefined;
  attempts: number;
  /** Milliseconds since the epoch. */
  deadAt: number;
  /** ISO 8601. */
  acceptedAt: string;
  messageId?: string | undefined;
  type?: string | undefined;
  replays: number;
  sender?: Sender | undefined;
};

/** The id of the dead letter that a message becomes: each replay has one of its own. */
export const deadLetterId = (sourceId: string, replays: number): string =>
  sqsSafeHash(`${sourceId} ${replays}`);

/**
 * The dead letter as a message: the same body, so that it can be sent to the main queue as it is, and attributes that
 * say why. Its group is its own id, because a FIFO queue grouped by user could not be listed, and a dead letter that is
 * written twice is one. A body that SQS cannot hold is stored as base64, cut to fit, and the attribute `encoding` says
 * so: what was cut cannot be replayed.
 */
export function serializeDeadLetter(deadLetter: DeadLetter): OutgoingMessage {
  const id = deadLetterId(deadLetter.sourceId, deadLetter.replays);
  const failure = {
    status: deadLetter.status,
    attempts: deadLetter.attempts,
    deadAt: new Date(deadLetter.deadAt).toISOString(),
    sender: deadLetter.sender && limitSender(deadLetter.sender),
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

/** SQS takes tab, line feed, carriage return, and everything from the space on except U+FFFE and U+FFFF. */
const isValidSqsText = (text: string) =>
  /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u.test(text);

const MAX_SENDER_FIELD_LENGTH = 100;

/** A sender chooses its user agent, so its length is limited, and so are its characters: those of a header. */
const limitSender = (sender: Sender): Sender =>
  Object.fromEntries(
    Object.entries(sender).map(([name, value]) => [
      name,
      value?.replace(/[^ -~]/g, ' ').slice(0, MAX_SENDER_FIELD_LENGTH),
    ]),
  );

const MAX_DETAIL_LENGTH = 256;

/** `failure` is JSON of bounded parts, which cutting would break. */
const MAX_ATTRIBUTE_LENGTHS: Readonly<Record<string, number>> = { failure: 2_048 };

/** Attributes that SQS takes: none empty, none with a control character, none of unbounded length. */
function toAttributes(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const sanitized = value
        ?.toWellFormed()
        .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, ' ')
        .slice(0, MAX_ATTRIBUTE_LENGTHS[name] ?? MAX_DETAIL_LENGTH)
        .trim();
      return sanitized ? [[name, sanitized.toWellFormed()]] : [];
    }),
  );
}
