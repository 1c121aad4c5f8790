import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { findFailedIds } from '../../../lib/local/aws/batch-response.ts';
import { DEAD_LETTER_QUEUE_URL, QUEUE_URL } from '../simulation.ts';
import { editSource, type Mutant, replaceText, type Wrap, wrapRelay } from './mutant.ts';
import { onWorker, onWorkerSqs } from './wrappers.ts';

const MAX_AGE_MS = 72 * 3_600_000;

/** What the worker receives by itself stays invisible for another time. */
const onVisibility = (seconds: number): Wrap =>
  onWorkerSqs((command, next) =>
    command instanceof ReceiveMessageCommand
      ? next(new ReceiveMessageCommand({ ...command.input, VisibilityTimeout: seconds }))
      : next(),
  );

const idsOf = (records: readonly SQSRecord[]) => new Set(records.map(({ messageId }) => messageId));
const groupOf = ({ attributes }: SQSRecord) => attributes.MessageGroupId;
const toFailures = (records: readonly SQSRecord[]) => ({
  batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })),
});
const toEntries = (records: readonly SQSRecord[]) =>
  records.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));

/** Bugs in what becomes of messages: visibility, deletion, dead letters. */
export const settlementMutants: readonly Mutant[] = [
  wrapRelay(
    'what the lane received becomes visible again while the lane still has it',
    'mixed',
    onVisibility(3),
  ),
  wrapRelay('a crash leaves what the lane received invisible for hours', 'mixed', onVisibility(43_000), 2),
  wrapRelay(
    'the followers of a failed message are reported as done',
    'mixed',
    onWorker((worker) => async (event, context) => {
      const failed = findFailedIds(await worker(event, context), idsOf(event.Records));
      const failures = event.Records.filter(({ messageId }) => failed.has(messageId));
      return toFailures(
        failures.filter(
          (record, index) => failures.findIndex((other) => groupOf(other) === groupOf(record)) === index,
        ),
      );
    }),
  ),
  wrapRelay(
    'a message is deleted before it is delivered',
    'mixed',
    onWorker((worker, { sqs }) => async (event, context) => {
      const Entries = toEntries(event.Records);
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: QUEUE_URL, Entries })).catch(() => undefined);
      return worker(event, context);
    }),
  ),
  wrapRelay(
    'a message is deleted before its dead letter is confirmed',
    'mixed',
    onWorkerSqs(async (command, next) => {
      if (!(command instanceof SendMessageBatchCommand) || command.input.QueueUrl !== DEAD_LETTER_QUEUE_URL)
        return next();
      await next().catch(() => undefined);
      return { Successful: command.input.Entries?.map(({ Id }) => ({ Id, MessageId: 'unconfirmed' })) };
    }),
  ),
  wrapRelay(
    'messages become visible when their request goes out, not when it is settled',
    'mixed',
    (relay) => ({
      ...relay,
      createWorker: (ports) => {
        const { sqs, salesmachine } = ports;
        let records: readonly SQSRecord[] = [];
        const release = () => {
          const Entries = toEntries(records).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
          const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: QUEUE_URL, Entries });
          return sqs.send(command).catch(() => undefined);
        };
        const worker = relay.createWorker({
          ...ports,
          salesmachine: {
            ...salesmachine,
            post: (...request) => {
              if (records.length > 0) void release();
              return salesmachine.post(...request);
            },
          },
        });
        return (event, context) => {
          records = event.Records;
          return worker(event, context);
        };
      },
    }),
  ),
  editSource(
    'the deadline is ignored',
    'down-6-hours',
    replaceText(
      'lib/delivery/invocation.ts',
      'Math.min(startedAt + MAX_WAIT_MS, deadline - SETTLE_RESERVE_MS)',
      'Number.POSITIVE_INFINITY',
    ),
  ),
  wrapRelay(
    'an outage ages events',
    'down-5-days',
    onWorker((worker, { sqs, clock }) => async (event, context) => {
      const failed = findFailedIds(await worker(event, context), idsOf(event.Records));
      const failures = event.Records.filter(({ messageId }) => failed.has(messageId));
      const isOld = ({ attributes }: SQSRecord) =>
        clock.now() - Number(attributes.SentTimestamp) >= MAX_AGE_MS;
      for (const { messageId, body } of failures.filter(isOld)) {
        await sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: DEAD_LETTER_QUEUE_URL,
            Entries: [
              {
                Id: '0',
                MessageBody: body,
                MessageGroupId: messageId,
                MessageDeduplicationId: messageId,
                MessageAttributes: { reason: { DataType: 'String', StringValue: 'server_error' } },
              },
            ],
          }),
        );
      }
      return toFailures(failures.filter((record) => !isOld(record)));
    }),
  ),
  editSource(
    'later events of a user go on though an earlier one has failed',
    'flaky-events',
    replaceText(
      'lib/delivery/settlement.ts',
      'isGroupFailed: (message) => failedGroups.has(message.groupId)',
      'isGroupFailed: () => false',
    ),
  ),
];
