import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { VirtualTime } from '../../support/virtual-time.ts';
import type { FifoQueue } from './queue-model.ts';
import { createAbortError, type SqsCall } from './sqs-client.ts';
import {
  findBatchFailure,
  findMessageFailure,
  findSendBatchFailure,
  type OutgoingEntry,
  type SqsFailure,
  senderFault,
  toSqsException,
} from './sqs-service-limits.ts';
import { toSqsMessage } from './sqs-view.ts';

/** What a call meets with. */
export type Circumstances = {
  /** Ids of batch entries that fail, through SQS's fault. */
  failing: ReadonlySet<string>;
  /** How many messages a receive finds at most. */
  atMost: number;
  signal: AbortSignal | undefined;
};

export type SqsService = (command: SqsCall, circumstances: Circumstances) => object | Promise<object>;

type Failing = Circumstances['failing'];

const INTERNAL_ERROR: SqsFailure = {
  code: 'InternalError',
  message: 'We encountered an internal error.',
  senderFault: false,
};

/** SQS in front of these queues, by URL: takes the SDK's commands, and answers or throws as the SDK would. */
export function createSqsService(time: VirtualTime, queues: Record<string, FifoQueue>): SqsService {
  /** Long polls that have found nothing yet. */
  const waiting = new Set<() => void>();

  const getQueue = (url: string | undefined): FifoQueue => {
    const queue = queues[url ?? ''];
    if (queue) return queue;
    throw toSqsException(senderFault('QueueDoesNotExist', 'The specified queue does not exist.'));
  };

  const notify = () => {
    for (const wake of waiting) wake();
  };

  /** Runs `apply` for each entry but the failing ones, and gathers SQS's two lists. */
  const batch = <Entry extends { Id: string | undefined }, Done extends object>(
    entries: readonly Entry[],
    failing: Failing,
    apply: (entry: Entry) => Done | SqsFailure,
  ) => {
    const failure = findBatchFailure(entries);
    if (failure) throw toSqsException(failure);
    const Successful: ({ Id: string } & Done)[] = [];
    const Failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = [];
    for (const entry of entries) {
      const Id = entry.Id ?? '';
      const result = failing.has(Id) ? INTERNAL_ERROR : apply(entry);
      if ('senderFault' in result) {
        Failed.push({ Id, Code: result.code, Message: result.message, SenderFault: result.senderFault });
      } else {
        Successful.push({ Id, ...result });
      }
    }
    notify();
    return { Successful, Failed };
  };

  /** The same for a call of one. */
  const single = <Done extends object>(result: Done | SqsFailure): Done => {
    if ('senderFault' in result) throw toSqsException(result);
    notify();
    return result;
  };

  const sendOne = (
    queue: FifoQueue,
    entry: OutgoingEntry & { MessageSystemAttributes?: Message['MessageAttributes'] },
  ) => {
    const failure = findMessageFailure(entry);
    if (failure) return failure;
    const { id, sequence } = queue.send(
      {
        body: entry.MessageBody ?? '',
        groupId: entry.MessageGroupId ?? '',
        deduplicationId: entry.MessageDeduplicationId ?? '',
        attributes: entry.MessageAttributes,
        trace: entry.MessageSystemAttributes?.['AWSTraceHeader']?.StringValue,
      },
      time.now(),
    );
    return { MessageId: id, SequenceNumber: String(sequence), MD5OfMessageBody: '' };
  };

  const deleteOne = (queue: FifoQueue, receipt = ''): object | SqsFailure =>
    deletions[queue.deleteMessage(receipt, time.now())];

  const changeOne = (queue: FifoQueue, receipt = '', seconds = -1): object | SqsFailure =>
    seconds < 0 || seconds > 43_200
      ? senderFault('InvalidParameterValue', 'VisibilityTimeout must be between 0 and 43200.')
      : changes[queue.changeVisibility(receipt, seconds * 1_000, time.now())];

  /** Long polling: asks again whenever something may have become available, until the wait is over. */
  const receive = async (input: ReceiveMessageCommandInput, { atMost, signal }: Circumstances) => {
    const queue = getQueue(input.QueueUrl);
    const {
      MaxNumberOfMessages: count = 1,
      WaitTimeSeconds: wait = 0,
      VisibilityTimeout: visibility,
    } = input;
    if (count < 1 || count > 10)
      throw toSqsException(senderFault('InvalidParameterValue', 'MaxNumberOfMessages: 1 to 10.'));
    const until = time.now() + wait * 1_000;
    const ask = () =>
      queue.receive(
        {
          count: Math.min(count, atMost),
          visibilityMs: visibility === undefined ? undefined : visibility * 1_000,
          attempt: input.ReceiveRequestAttemptId,
        },
        time.now(),
      );
    let messages = ask();
    while (messages.length === 0 && time.now() < until) {
      const next = Math.min(until, queue.nextReturn() ?? until);
      await pause(Math.max(1, next - time.now()), signal);
      messages = ask();
    }
    return { Messages: messages.map((message) => toSqsMessage(message, input)) };
  };

  const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        cancel();
        waiting.delete(wake);
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const wake = end(resolve);
      const abort = end(() => reject(createAbortError()));
      const cancel = time.schedule(ms, wake);
      waiting.add(wake);
      signal?.addEventListener('abort', abort, { once: true });
    });

  const answerBatch = (command: SqsCall, failing: Failing) => {
    if (command instanceof SendMessageBatchCommand) {
      const { Entries = [], QueueUrl } = command.input;
      const failure = findBatchFailure(Entries) ?? findSendBatchFailure(Entries);
      if (failure) throw toSqsException(failure);
      const queue = getQueue(QueueUrl);
      return batch(Entries, failing, (entry) => sendOne(queue, entry));
    }
    if (command instanceof DeleteMessageBatchCommand) {
      const queue = getQueue(command.input.QueueUrl);
      return batch(command.input.Entries ?? [], failing, ({ ReceiptHandle }) =>
        deleteOne(queue, ReceiptHandle),
      );
    }
    if (command instanceof ChangeMessageVisibilityBatchCommand) {
      const queue = getQueue(command.input.QueueUrl);
      return batch(command.input.Entries ?? [], failing, ({ ReceiptHandle, VisibilityTimeout }) =>
        changeOne(queue, ReceiptHandle, VisibilityTimeout),
      );
    }
    return undefined;
  };

  const answerSingle = (command: SqsCall) => {
    if (command instanceof SendMessageCommand)
      return single(sendOne(getQueue(command.input.QueueUrl), command.input));
    if (command instanceof DeleteMessageCommand) {
      return single(deleteOne(getQueue(command.input.QueueUrl), command.input.ReceiptHandle));
    }
    if (command instanceof ChangeMessageVisibilityCommand) {
      const { QueueUrl, ReceiptHandle, VisibilityTimeout } = command.input;
      return single(changeOne(getQueue(QueueUrl), ReceiptHandle, VisibilityTimeout));
    }
    return undefined;
  };

  const readDepth = (queueUrl: string | undefined) => {
    const { visible, inFlight } = getQueue(queueUrl).counts(time.now());
    return {
      Attributes: {
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
        ApproximateNumberOfMessagesDelayed: '0',
      },
    };
  };

  return (command, circumstances) => {
    if (command instanceof ReceiveMessageCommand) return receive(command.input, circumstances);
    if (command instanceof GetQueueAttributesCommand) return readDepth(command.input.QueueUrl);
    const answer = answerBatch(command, circumstances.failing) ?? answerSingle(command);
    if (answer) return answer;
    throw new Error(`The model of SQS has no ${command.constructor.name}: teach it, or do without.`);
  };
}

const stale = senderFault('ReceiptHandleIsInvalid', 'The receipt handle has expired.');
const nonsense = senderFault('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
const notInFlight = senderFault('MessageNotInflight', 'The message is not in flight.');

const deletions = { done: {}, stale, nonsense };
const changes = {
  done: {},
  gone: notInFlight,
  stale: notInFlight,
  nonsense,
  too_long: senderFault(
    'InvalidParameterValue',
    'A message cannot be hidden for over 12 hours after its receipt.',
  ),
};
