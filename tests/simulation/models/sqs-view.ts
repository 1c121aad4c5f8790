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
  const own = pick(message.attributes ?? {}, input.MessageAttributeNames ?? [], ['All', '.*']);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: '',
    ...(wanted.length > 0 && { Attributes: pick(attributes, wanted, ['All']) }),
    ...(hasEntries(own) && { MessageAttributes: own }),
  };
}

/** The values of these names, or all of them where one of `all` is asked for, as mostly. */
function pick<Value>(
  values: Record<string, Value>,
  names: readonly string[],
  all: readonly string[],
): Record<string, Value> {
  if (names.some((name) => all.includes(name))) return { ...values };
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

function hasEntries(values: object): boolean {
  for (const _ in values) return true;
  return false;
}
