import { isUtf8 } from 'node:buffer';
import * as v from 'valibot';
import { parseObjectOrEmpty } from '../runtime/json.ts';
import { type EventType, toEventType } from '../segment/event-type.ts';
import { escapeForSqs } from '../segment/received-event.ts';
import { MESSAGE_VERSION } from '../sqs/message.ts';
import { getAcceptedAt, type ReceivedMessage } from '../sqs/received-message.ts';
import type { Sender } from './dead-letter.ts';
import { REASONS, type Reason } from './reasons.ts';

/** A dead letter as it is read back from the queue. */
export type StoredDeadLetter = {
  /** Its own id, the same however often it is read or was written. */
  id: string;
  /** Its body is the event as it came; where `replayable` is false, the base64 that is stored. */
  message: ReceivedMessage;
  reason: Reason;
  /** What a person needs to know, without any value of the event. */
  detail: string;
  /** Salesmachine's last answer, if there was one. */
  status?: number;
  /** Deliveries that were tried; 0 where it is not known. */
  attempts: number;
  /** Milliseconds since the epoch. */
  deadAt: number;
  /** ISO 8601. */
  acceptedAt: string;
  /** The event's, if it can be read. */
  messageId?: string;
  /** The event's, if it is one of Segment's: another text may be personal data. */
  type?: EventType;
  /** The format of the body. */
  version: string;
  /** How often it was replayed before. */
  replays: number;
  /** False for a body that is no text, or that was cut because SQS could not hold all of it. */
  replayable: boolean;
  /** Of a body that is stored as base64: its whole length, and the SHA-256 of all of it in hexadecimal. */
  original?: { bytes: number; sha256: string };
  /** Known only if the ingest wrote it: an event that was queued does not carry its sender. */
  sender?: Sender;
};

const RECEIVE_LIMIT_DETAIL =
  'SQS gave it up: it was received as often as the queue allows, and no worker reported what became of it';

const senderSchema = v.object({
  route: v.optional(v.string()),
  userAgent: v.optional(v.string()),
  credential: v.optional(v.string()),
  requestId: v.optional(v.string()),
}) satisfies v.GenericSchema<Sender>;

const failureSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    status: v.exactOptional(v.number()),
    attempts: v.number(),
    deadAt: v.pipe(v.string(), v.isoTimestamp()),
    original: v.exactOptional(v.object({ bytes: v.number(), sha256: v.string() })),
    sender: v.exactOptional(senderSchema),
  }),
);

/**
 * Reads a message of the dead-letter queue. One that the relay did not write, because SQS itself moved it there, has
 * the reason `receive_limit`; its id is the SQS message's.
 */
export function parseDeadLetter(message: ReceivedMessage): StoredDeadLetter {
  const { attributes } = message;
  const cause = readCause(message);
  const text =
    attributes['encoding'] === 'base64' ? decodeWholeText(message.body, cause.original) : message.body;
  return {
    ...cause,
    message: { ...message, body: text ?? message.body },
    acceptedAt: getAcceptedAt(message),
    ...readEventFields(attributes, text),
    version: attributes['version'] ?? MESSAGE_VERSION,
    replays: Number(attributes['replays']) || 0,
    replayable: text !== undefined,
  };
}

type Cause = Pick<
  StoredDeadLetter,
  'id' | 'reason' | 'detail' | 'status' | 'attempts' | 'deadAt' | 'original' | 'sender'
>;

function readCause({ attributes, wasRedriven, groupId, sqsMessageId, sentAt }: ReceivedMessage): Cause {
  // One that was moved back to the main queue with all its attributes, and moved here by SQS afterwards, still has the
  // reason of the first time.
  const reason = wasRedriven ? undefined : REASONS.find((known) => known === attributes['reason']);
  if (reason === undefined) {
    const unknown = { detail: RECEIVE_LIMIT_DETAIL, attempts: 0, deadAt: sentAt };
    return { id: sqsMessageId, reason: 'receive_limit', ...unknown };
  }
  const failure = v.safeParse(failureSchema, attributes['failure']);
  const { deadAt, attempts = 0, ...known } = failure.success ? failure.output : {};
  return {
    id: groupId,
    reason,
    detail: attributes['detail'] ?? '',
    ...known,
    attempts,
    deadAt: deadAt === undefined ? sentAt : Date.parse(deadAt),
  };
}

/** The event is parsed only if the attributes do not say both. */
function readEventFields(
  { messageId: knownId, type: knownType }: ReceivedMessage['attributes'],
  text: string | undefined,
): Pick<StoredDeadLetter, 'messageId' | 'type'> {
  const event = text === undefined || (knownId && knownType) ? {} : parseObjectOrEmpty(text);
  const messageId = knownId ?? toOptionalString(event['messageId']);
  const type = toEventType(knownType ?? event['type']);
  return { ...(messageId !== undefined && { messageId }), ...(type !== undefined && { type }) };
}

/** The text that is stored as base64, in characters that every queue takes; undefined if it is none, or was cut. */
function decodeWholeText(base64: string, original: StoredDeadLetter['original']): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== original?.bytes || !isUtf8(bytes)) return undefined;
  const text = escapeForSqs(bytes.toString());
  return IS_WITHOUT_CONTROLS.test(text) ? text : undefined;
}

/** SQS takes no other control characters. */
const IS_WITHOUT_CONTROLS = /^[\t\n\r\u0020-\uFFFD]*$/;

const toOptionalString = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
