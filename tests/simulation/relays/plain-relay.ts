import { ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { Operation, Params } from '../../../lib/salesmachine/operation.ts';
import { QUEUE_URL, type Relay } from '../simulation.ts';

type Event = {
  type: string;
  messageId: string;
  userId: string;
  event?: string;
  name?: string;
  previousId?: string;
  groupId?: string;
  traits?: Params;
  properties?: Params;
};

const RETRY_SECONDS = 5;

/**
 * The plainest relay that keeps every promise but that of throughput: ten events a request, paced, and the whole batch
 * again until it is accepted. It shows that what a run finds is not the simulation's own fault.
 */
export const plainRelay: Relay = {
  createReplay: () => async () => ({ more: false, unread: 0 }),

  createIngest:
    ({ sqs }) =>
    async ({ body = '' }) => {
      const events: Event[] = [JSON.parse(body)].flat();
      try {
        for (const event of events) {
          const Entries = [
            {
              Id: '0',
              MessageBody: JSON.stringify(event),
              MessageGroupId: event.userId,
              MessageDeduplicationId: event.messageId,
            },
          ];
          const { Failed = [] } = await sqs.send(
            new SendMessageBatchCommand({ QueueUrl: QUEUE_URL, Entries }),
          );
          if (Failed.length > 0) return { statusCode: 503 };
        }
      } catch {
        return { statusCode: 503 };
      }
      return { statusCode: 200 };
    },

  createWorker: ({ sqs, salesmachine, clock }) => {
    let next = 0;
    let throttledUntil = 0;

    const release = async (records: readonly SQSRecord[]) => {
      const Entries = records.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: RETRY_SECONDS,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: QUEUE_URL, Entries });
      await sqs.send(command).catch(() => undefined);
      return { batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    };

    return async ({ Records }) => {
      const at = Math.max(clock.now(), next);
      next = at + 700;
      if (at > clock.now()) await clock.sleep(at - clock.now());
      if (clock.now() < throttledUntil) return release(Records);
      const operations = Records.flatMap(({ body }) => toOperations(JSON.parse(body)));
      const answer = await salesmachine.post('/v1/batch', JSON.stringify(operations));
      if (answer.kind === 'response' && answer.status === 201) return { batchItemFailures: [] };
      if (answer.kind === 'response' && answer.status === 429) {
        throttledUntil = Number(answer.headers['x-ratelimit-reset']) * 1_000;
      }
      return release(Records);
    };
  },
};

function toOperations({
  type,
  messageId,
  userId,
  event,
  name,
  groupId,
  traits = {},
  properties = {},
  ...rest
}: Event): Operation[] {
  const contact = { contact_uid: userId, messageId };
  switch (type) {
    case 'identify':
      return [{ method: 'contact', ...contact, params: traits }];
    case 'group':
      return [
        { method: 'account', account_uid: groupId ?? '', params: traits },
        { method: 'contact', ...contact, params: { account_uid: groupId ?? '' } },
      ];
    case 'alias':
      return [{ method: 'alias', contact_uid: userId, previous_contact_uid: rest.previousId ?? '' }];
    case 'page':
      return ['pageview', ...(name ? [name] : [])].map((event_uid) => ({
        method: 'event',
        ...contact,
        event_uid,
        params: properties,
      }));
    default:
      return [{ method: 'event', ...contact, event_uid: event ?? '', params: properties }];
  }
}
