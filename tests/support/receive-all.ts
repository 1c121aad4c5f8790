import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { fromSqsMessage, type ReceivedMessage } from '../../lib/sqs/received-message.ts';
import type { Sqs } from '../../lib/sqs/sqs-client.ts';

/** Takes everything out of a queue, as a consumer would: what is of one group comes in the order that SQS keeps. */
export async function receiveAll(sqs: Sqs, queue: { url: string }): Promise<ReceivedMessage[]> {
  const all: ReceivedMessage[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['MessageGroupId', 'SentTimestamp', 'ApproximateReceiveCount'],
      }),
    );
    if (Messages.length === 0) return all;
    all.push(...Messages.map(fromSqsMessage));
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
  }
}
