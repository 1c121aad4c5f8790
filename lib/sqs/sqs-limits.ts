import type { OutgoingMessage } from './message.ts';

/** What SQS takes: one message with its attributes, and one call with all its messages. Source: SQS's quotas. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** Entries in one `SendMessageBatch`, `DeleteMessageBatch` or `ChangeMessageVisibilityBatch`. */
export const MAX_BATCH_ENTRIES = 10;

/** Messages that one receive gives at most. */
export const MAX_RECEIVED_MESSAGES = 10;

/**
 * Calls at once of one task. The SDK's client has 50 sockets; a call that has to wait for one spends its time-out, and
 * all of a large request's calls in one go would keep the processor until long after the deadline.
 */
export const MAX_CALLS = 25;

const DATA_TYPE_BYTES = 'String'.length;

/** A message's size as SQS counts it: the body, and each attribute's name, type and value. */
export function messageBytes({ body, attributes }: Pick<OutgoingMessage, 'body' | 'attributes'>): number {
  let bytes = Buffer.byteLength(body);
  for (const name in attributes)
    bytes += Buffer.byteLength(name) + DATA_TYPE_BYTES + Buffer.byteLength(attributes[name] ?? '');
  return bytes;
}
