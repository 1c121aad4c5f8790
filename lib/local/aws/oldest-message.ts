import * as v from 'valibot';
import type { LocalQueue } from './local-sqs.ts';

/** Of a longer queue nothing is said: fauxqs can only list all of it at once. */
const MAX_INSPECTED = 10_000;

const message = v.object({ sentTimestamp: v.number() });
const inspection = v.object({
  messages: v.object({ ready: v.array(message), inflight: v.array(v.object({ message })) }),
});

/**
 * When the queue's oldest message was sent, in milliseconds since the epoch. SQS tells this through CloudWatch only;
 * fauxqs lists what it holds.
 */
export async function findOldestSentAt(
  endpoint: string,
  queue: LocalQueue,
  messageCount: number,
): Promise<number | undefined> {
  if (messageCount === 0 || messageCount > MAX_INSPECTED) return undefined;
  const name = queue.arn.split(':').at(-1);
  const response = await fetch(`${endpoint}/_fauxqs/queues/${name}`);
  const { ready, inflight } = v.parse(inspection, await response.json()).messages;
  const sentAt = [...ready, ...inflight.map((entry) => entry.message)].map((each) => each.sentTimestamp);
  return sentAt.length === 0 ? undefined : sentAt.reduce((oldest, each) => Math.min(oldest, each));
}
