import { createHmac, timingSafeEqual } from 'node:crypto';
import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { chunk } from '../../lib/runtime/chunk.ts';

type SegmentEvent = { userId?: string | null; anonymousId?: string | null; messageId: string };
type SendAll = (events: readonly SegmentEvent[]) => Promise<unknown>;

/**
 * What people write: a middy function that checks the signature, parses the body and sends the events. It keeps no
 * order, recognises no event by its content, and loses what SQS does not take.
 */
function createPlainIngest(secret: string, sendAll: SendAll) {
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    timeoutEarlyInMillis: 0,
  }).handler(async ({ headers, body = '' }: APIGatewayProxyEventV2) => {
    const expected = createHmac('sha1', secret).update(body).digest();
    if (!timingSafeEqual(expected, Buffer.from(headers['x-signature'] ?? '', 'hex')))
      return { statusCode: 401 };
    const events: SegmentEvent | SegmentEvent[] = JSON.parse(body);
    await sendAll([events].flat());
    return { statusCode: 200, body: '{}' };
  });
}

const toMessage = (event: SegmentEvent) => ({
  MessageBody: JSON.stringify(event),
  MessageGroupId: encodeURIComponent(event.userId || event.anonymousId || event.messageId),
  MessageDeduplicationId: event.messageId,
});

type Options = { sqs: SQSClient; queueUrl: string; secret: string };

/** One call of `SendMessageBatch` for ten events, all of them at once. */
export const createBatchingIngest = ({ sqs, queueUrl, secret }: Options) =>
  createPlainIngest(secret, (events) =>
    Promise.all(
      chunk(events, 10).map((ten) => {
        const entries = ten.map((event, index) => ({ Id: String(index), ...toMessage(event) }));
        return sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
      }),
    ),
  );

/** One call of `SendMessage` for each event, all of them at once. */
export const createSingleIngest = ({ sqs, queueUrl, secret }: Options) =>
  createPlainIngest(secret, (events) =>
    Promise.all(
      events.map((event) => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, ...toMessage(event) }))),
    ),
  );
