import { GetQueueAttributesCommand, type QueueAttributeName } from '@aws-sdk/client-sqs';
import type { Sqs } from './sqs-client.ts';

const VISIBLE = 'ApproximateNumberOfMessages' satisfies QueueAttributeName;
const IN_FLIGHT = 'ApproximateNumberOfMessagesNotVisible' satisfies QueueAttributeName;

export type QueueDepth = { queued: number; inFlight: number };

/** How many messages are in a queue: waiting, and in somebody's hands. On AWS about, and up to a minute late. */
export async function getQueueDepth(sqs: Sqs, queueUrl: string): Promise<QueueDepth> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [VISIBLE, IN_FLIGHT] }),
  );
  return { queued: Number(Attributes?.[VISIBLE]), inFlight: Number(Attributes?.[IN_FLIGHT]) };
}
