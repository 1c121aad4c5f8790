import {
  type BatchResultErrorEntry,
  type MessageAttributeValue,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import { errorName } from '../runtime/errors.ts';
import type { OutgoingMessage } from './message.ts';
import type { Sqs } from './sqs-client.ts';

type CallResult = {
  /** With the ids that SQS gave them. */
  confirmed: [OutgoingMessage, string][];
  /** What SQS will never take, with its error code. */
  refused: [OutgoingMessage, string][];
  /** Why SQS did not confirm the others. */
  error?: string | undefined;
};

/**
 * Sends as many messages as one call takes.
 *
 * @throws the signal's reason; then they may be in the queue
 */
export async function sendCall(
  { sqs, queueUrl }: { sqs: Sqs; queueUrl: string },
  messages: readonly OutgoingMessage[],
  signal: AbortSignal,
): Promise<CallResult> {
  signal.throwIfAborted();
  try {
    const { Successful = [], Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: messages.map(toBatchEntry) }),
      { abortSignal: signal },
    );
    const find = (id: string | undefined, value = ''): [OutgoingMessage, string][] => {
      const message = messages[Number(id)];
      return message ? [[message, value]] : [];
    };
    return {
      confirmed: Successful.flatMap(({ Id, MessageId }) => find(Id, MessageId)),
      refused: Failed.filter(isPermanent).flatMap(({ Id, Code }) => find(Id, Code)),
      error: Failed.find((entry) => !isPermanent(entry))?.Code,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { confirmed: [], refused: [], error: errorName(error) };
  }
}

/** Codes that SQS gives the sender's fault, but that are about its rate or its rights and not about the message. */
const TRANSIENT_CODE = /throttl|limit|denied|kms|security|signature|token|nonexistent/i;

const isPermanent = ({ SenderFault, Code = '' }: BatchResultErrorEntry): boolean =>
  SenderFault === true && !TRANSIENT_CODE.test(Code);

const stringAttribute = (value: string) => ({ DataType: 'String', StringValue: value });

function toBatchEntry(message: OutgoingMessage, index: number): SendMessageBatchRequestEntry {
  const attributes: Record<string, MessageAttributeValue> = {};
  for (const name in message.attributes) attributes[name] = stringAttribute(message.attributes[name] ?? '');
  return {
    Id: String(index),
    MessageBody: message.body,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    MessageAttributes: attributes,
    ...(message.traceHeader && {
      MessageSystemAttributes: { AWSTraceHeader: stringAttribute(message.traceHeader) },
    }),
  };
}
