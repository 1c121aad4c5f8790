import { type MessageAttributeValue, SQSServiceException } from '@aws-sdk/client-sqs';

/** What SQS calls the mistake, and whose it is. */
export type SqsFailure = { code: string; message: string; senderFault: boolean };

const MAX_ENTRIES = 10;
const MAX_BYTES = 1_048_576;
const MAX_ATTRIBUTES = 10;
const UNSENDABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const ENTRY_ID = /^[\w-]{1,80}$/;
const FIFO_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

export const senderFault = (code: string, message: string): SqsFailure => ({
  code,
  message,
  senderFault: true,
});

/** As the SDK throws it. */
export const toSqsException = ({ code, message, senderFault: isSenders }: SqsFailure): SQSServiceException =>
  new SQSServiceException({
    name: code,
    message,
    $fault: isSenders ? 'client' : 'server',
    $metadata: { httpStatusCode: isSenders ? 400 : 500 },
  });

/** What is wrong with a batch as a whole. */
export function findBatchFailure(entries: readonly { Id: string | undefined }[]): SqsFailure | undefined {
  const ids = entries.map(({ Id }) => Id ?? '');
  if (ids.length === 0) return senderFault('EmptyBatchRequest', 'The batch has no entries.');
  if (ids.length > MAX_ENTRIES)
    return senderFault('TooManyEntriesInBatchRequest', 'The batch has over 10 entries.');
  if (!ids.every((id) => ENTRY_ID.test(id)))
    return senderFault('InvalidBatchEntryId', 'An entry has no valid Id.');
  if (new Set(ids).size < ids.length) {
    return senderFault('BatchEntryIdsNotDistinct', 'Two entries have the same Id.');
  }
  return undefined;
}

export type OutgoingEntry = {
  MessageBody?: string | undefined;
  MessageGroupId?: string | undefined;
  MessageDeduplicationId?: string | undefined;
  DelaySeconds?: number | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
};

/** Bytes as SQS counts them: the body, and name, type and value of each attribute. */
function messageBytes({ MessageBody = '', MessageAttributes = {} }: OutgoingEntry): number {
  let bytes = Buffer.byteLength(MessageBody);
  for (const [name, { DataType = '', StringValue = '', BinaryValue }] of Object.entries(MessageAttributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(StringValue);
    bytes += BinaryValue?.length ?? 0;
  }
  return bytes;
}

export const findSendBatchFailure = (entries: readonly OutgoingEntry[]): SqsFailure | undefined =>
  entries.reduce((sum, entry) => sum + messageBytes(entry), 0) > MAX_BYTES
    ? senderFault('BatchRequestTooLong', `The batch is longer than ${MAX_BYTES} bytes.`)
    : undefined;

/** What is wrong with one message for a FIFO queue without content-based deduplication. */
export function findMessageFailure(message: OutgoingEntry): SqsFailure | undefined {
  const invalid = (what: string) => senderFault('InvalidParameterValue', what);
  const { MessageBody = '', MessageGroupId, MessageDeduplicationId = '', MessageAttributes = {} } = message;
  if (MessageBody === '') return senderFault('MissingParameter', 'The request must contain a message body.');
  if (UNSENDABLE.test(MessageBody)) return senderFault('InvalidMessageContents', 'Invalid characters found.');
  if (messageBytes(message) > MAX_BYTES) return invalid(`Message must be shorter than ${MAX_BYTES} bytes.`);
  if (!MessageGroupId)
    return senderFault('MissingParameter', 'The request must contain the parameter MessageGroupId.');
  if (!FIFO_ID.test(MessageGroupId)) return invalid('The MessageGroupId is not valid.');
  if (!FIFO_ID.test(MessageDeduplicationId))
    return invalid('The MessageDeduplicationId is missing or not valid.');
  if (message.DelaySeconds) return invalid('A message of a FIFO queue cannot have a delay of its own.');
  const values = Object.values(MessageAttributes);
  if (values.length > MAX_ATTRIBUTES) return invalid('A message can have 10 attributes at most.');
  const isFine = ({ DataType, StringValue, BinaryValue }: MessageAttributeValue) =>
    DataType !== undefined && (StringValue ? !UNSENDABLE.test(StringValue) : (BinaryValue?.length ?? 0) > 0);
  if (!values.every(isFine)) return invalid('A message attribute has no valid value.');
  return undefined;
}
