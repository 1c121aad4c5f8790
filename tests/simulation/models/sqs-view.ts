import type { Message, ReceiveMessageCommandInput } from '@aws-sdk/client-sqs';
import type { QueuedMessage } from './queued-message.ts';

/** A message as `ReceiveMessage` shows it: attributes only on request. */
export function toSqsMessage(message: QueuedMessage, input: ReceiveMessageCommandInput): Message {
  const wanted = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])];
  const attributes = {
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    SentTimestamp: String(message.sentAt),
    SequenceNumber: String(message.sequence),
    SenderId: 'AIDAMODEL',
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    ...(message.trace !== undefined && { AWSTraceHeader: message.trace }),
  };
  const isWanted = (name: string) => wanted.some((each) => each === 'All' || each === name);
  const named = input.MessageAttributeNames ?? [];
  const own = Object.entries(message.attributes ?? {}).filter(([name]) =>
    named.some((each) => each === 'All' || each === '.*' || each === name),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: '',
    ...(wanted.length > 0 && {
      Attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name))),
    }),
    ...(own.length > 0 && { MessageAttributes: Object.fromEntries(own) }),
  };
}
