import type { Message } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { MESSAGE_VERSION } from './message.ts';

/** A message in a worker's hands, however it came there. */
export type ReceivedMessage = {
  sqsMessageId: string;
  receiptHandle: string;
  body: string;
  groupId: string;
  /** When SQS took it, in milliseconds since the epoch. */
  sentAt: number;
  receiveCount: number;
  /** Whether SQS itself moved it to the queue that it was received from, after too many receives. */
  wasRedriven?: boolean;
  attributes: Record<string, string | undefined>;
};

/** A message as the event source mapping hands it to the function. */
export function fromSqsRecord(record: SQSRecord): ReceivedMessage {
  return {
    sqsMessageId: record.messageId,
    receiptHandle: record.receiptHandle,
    body: record.body,
    groupId: record.attributes.MessageGroupId ?? record.messageId,
    sentAt: Number(record.attributes.SentTimestamp),
    receiveCount: Number(record.attributes.ApproximateReceiveCount),
    attributes: Object.fromEntries(
      Object.entries(record.messageAttributes).map(([name, { stringValue }]) => [name, stringValue]),
    ),
  };
}

/** The same from a receive of our own. SQS names the attributes that were asked for; they were. */
export function fromSqsMessage(message: Message): ReceivedMessage {
  const { MessageGroupId, SentTimestamp, ApproximateReceiveCount, DeadLetterQueueSourceArn } =
    message.Attributes ?? {};
  return {
    sqsMessageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    groupId: MessageGroupId ?? message.MessageId ?? '',
    sentAt: Number(SentTimestamp),
    receiveCount: Number(ApproximateReceiveCount),
    ...(DeadLetterQueueSourceArn !== undefined && { wasRedriven: true }),
    attributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
    ),
  };
}

/** When the ingest took the event, ISO 8601; a message that somebody else put there was accepted by SQS. */
export const getAcceptedAt = (message: ReceivedMessage): string =>
  message.attributes['acceptedAt'] ?? new Date(message.sentAt).toISOString();

/** Whether a newer ingest wrote it, in a format that this worker may not know; no version is the first one. */
export const isFromLaterVersion = (message: ReceivedMessage): boolean =>
  Number(message.attributes['version'] ?? MESSAGE_VERSION) > Number(MESSAGE_VERSION);

/** The bytes themselves, of a dead letter that was stored as base64 and that somebody moved back as it was. */
export const decodeBody = ({ body, attributes }: ReceivedMessage): string | Buffer =>
  attributes['encoding'] === 'base64' ? Buffer.from(body, 'base64') : body;
