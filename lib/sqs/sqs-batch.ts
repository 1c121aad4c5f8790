import type { MiddlewareObj } from '@middy/core';
import type { SQSBatchItemFailure, SQSEvent } from 'aws-lambda';
import { fromSqsRecord, type ReceivedMessage } from './received-message.ts';

type BatchEvent = SQSEvent & { messages: ReceivedMessage[] };

/**
 * An event source mapping with `ReportBatchItemFailures`: the handler finds the batch in `event.messages`, and returns
 * the SQS ids of those that are not done. Ids that are not in the batch are left out, or else the whole batch would
 * come back.
 */
export const sqsBatch = (): MiddlewareObj<BatchEvent, unknown> => ({
  before({ event }) {
    event.messages = event.Records.map(fromSqsRecord);
  },
  after(request) {
    const failedIds = request.response instanceof Set ? request.response : new Set();
    const batchItemFailures = request.event.messages
      .filter(({ sqsMessageId }) => failedIds.has(sqsMessageId))
      .map(({ sqsMessageId }): SQSBatchItemFailure => ({ itemIdentifier: sqsMessageId }));
    request.response = { batchItemFailures };
  },
});
