import { GetQueueAttributesCommand, type QueueAttributeName } from '@aws-sdk/client-sqs';
import type { Sqs } from './sqs-client.ts';

const VISIBLE = 'ApproximateNumberOfMessages' satisfies QueueAttributeName;
const IN_FLIGHT = 'ApproximateNumberOfMessagesNotVisible' satisfies QueueAttributeName;

export type QueueDepth = { queued: number; inFlight: number };

/** How many messages are in a queue, visible and in flight. On AWS approximate, and up to a minute late. */
export async function getQueueDepth(sqs: Sqs, queueUrl: string): Promise<QueueDepth> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [VISIBLE, IN_FLIGHT] }),
  );
  return { queued: Number(Attributes?.[VISIBLE]), inFlight: Number(Attributes?.[IN_FLIGHT]) };
}

/** SQS's counts are approximate: only so many empty polls in a row mean an empty queue. */
const EMPTY_POLLS = 2;

/** Polls a queue; each call says whether the queue counts as empty by now, and how deep it is. */
export function createEmptyCheck(
  sqs: Sqs,
  queueUrl: string,
): () => Promise<{ isEmpty: boolean; messages: number }> {
  let emptyPolls = 0;
  return async () => {
    const { queued, inFlight } = await getQueueDepth(sqs, queueUrl);
    const messages = queued + inFlight;
    emptyPolls = messages === 0 ? emptyPolls + 1 : 0;
    return { isEmpty: emptyPolls >= EMPTY_POLLS, messages };
  };
}
