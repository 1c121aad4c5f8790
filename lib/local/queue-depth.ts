import { GetQueueAttributesCommand, type QueueAttributeName } from '@aws-sdk/client-sqs';
import type { Sqs } from '../queue/client.ts';
import type { LocalQueue } from './queues.ts';

const VISIBLE = 'ApproximateNumberOfMessages' satisfies QueueAttributeName;
const IN_FLIGHT = 'ApproximateNumberOfMessagesNotVisible' satisfies QueueAttributeName;

/** How many messages are in a queue: waiting, and in somebody's hands. */
export async function depthOf(sqs: Sqs, queue: LocalQueue): Promise<{ queued: number; inFlight: number }> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: [VISIBLE, IN_FLIGHT] }),
  );
  return { queued: Number(Attributes?.[VISIBLE]), inFlight: Number(Attributes?.[IN_FLIGHT]) };
}
