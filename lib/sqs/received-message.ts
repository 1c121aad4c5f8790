import type { Message } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { MESSAGE_VERSION } from './message.ts';

/** A message that was received, by the event source mapping or by the relay itself. */
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

/** From the event source mapping. */
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

/** From a receive of the relay's own, which asks for all attributes. */
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

/** When the ingest accepted the event, ISO 8601; for a message that another sender wrote, when SQS accepted it. */
export const getAcceptedAt = (message: ReceivedMessage): string =>
  message.attributes['acceptedAt'] ?? new Date(message.sentAt).toISOString();

/** Whether a newer ingest wrote it, in a format that this worker may not know; without a version it is the first. */
export const isFromLaterVersion = (message: ReceivedMessage): boolean =>
  Number(message.attributes['version'] ?? MESSAGE_VERSION) > Number(MESSAGE_VERSION);

/** The body as it came, also that of a dead letter stored as base64 that was moved back unchanged. */
export const decodeBody = ({ body, attributes }: ReceivedMessage): string | Buffer =>
  attributes['encoding'] === 'base64' ? Buffer.from(body, 'base64') : body;
