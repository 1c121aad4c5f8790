import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

/** What is sent to a queue. */
export type QueueEntry = {
  body: string;
  groupId: string;
  deduplicationId: string;
  attributes: Record<string, MessageAttributeValue> | undefined;
  trace: string | undefined;
};

/** A message in the queue. Moments are milliseconds since the epoch. */
export type QueuedMessage = QueueEntry & {
  id: string;
  sequence: number;
  sentAt: number;
  firstReceivedAt: number;
  receivedAt: number;
  receiveCount: number;
  /** The last receipt handle. */
  receipt: string;
  /** When it can be received again; 0 while it is not in flight. */
  invisibleUntil: number;
};
