import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageRequest,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Sqs } from '../../lib/sqs/sqs-client.ts';
import { createAbortError, sqsClient } from '../simulation/models/sqs-client.ts';

/**
 * What becomes of one entry of a call: SQS takes it, fails to, calls it the sender's fault, or loses the whole call.
 */
export type EntryResult = 'taken' | 'refused' | 'sender_fault' | 'throttled' | 'lost';

const failureEntries = {
  refused: { Code: 'InternalError', SenderFault: false },
  sender_fault: { Code: 'InvalidMessageContents', SenderFault: true },
  throttled: { Code: 'RequestThrottled', SenderFault: true },
};

type Options = {
  /** How long a call takes. */
  latencyMs?: number;
  /** What becomes of an entry, known by its body or receipt handle; one that is lost takes its call along. */
  resultFor?: (entry: string) => EntryResult;
  /** What a receive gives. */
  messages?: (request: ReceiveMessageRequest) => Message[];
};

export type FakeSqs = Sqs & {
  /** Every call with its entries, in the order in which they went out; refused ones too. */
  sends: SendMessageBatchRequestEntry[][];
  /** Bodies that SQS has taken, in order. */
  accepted: string[];
  deletes: string[][];
  /** By receipt handle, in seconds. */
  visibilities: Record<string, number>[];
  receives: ReceiveMessageRequest[];
};

/** SQS with the faults that a real one has too rarely to be tested with. */
export function fakeSqs(clock: Clock, { latencyMs = 10, resultFor, messages }: Options = {}): FakeSqs {
  const sends: SendMessageBatchRequestEntry[][] = [];
  const accepted: string[] = [];
  const deletes: string[][] = [];
  const visibilities: Record<string, number>[] = [];
  const receives: ReceiveMessageRequest[] = [];

  function resolveEntries(entries: readonly { Id: string | undefined; known: string | undefined }[]) {
    const results = entries.map(({ Id, known = '' }) => ({
      Id,
      known,
      result: resultFor?.(known) ?? 'taken',
    }));
    if (results.some(({ result }) => result === 'lost'))
      throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
    const successful = results.filter(({ result }) => result === 'taken');
    return {
      known: successful.map(({ known }) => known),
      answer: {
        Successful: successful.map(({ Id }) => ({ Id })),
        Failed: results.flatMap(({ Id, result }) =>
          result === 'taken' || result === 'lost' ? [] : { Id, ...failureEntries[result] },
        ),
      },
    };
  }

  const client = sqsClient(async (command, signal) => {
    if (command instanceof SendMessageBatchCommand) sends.push(command.input.Entries ?? []);
    await clock.sleep(latencyMs, signal).catch(() => {
      throw createAbortError();
    });
    if (command instanceof SendMessageBatchCommand) {
      const entries = command.input.Entries ?? [];
      const { known, answer: response } = resolveEntries(
        entries.map(({ Id, MessageBody }) => ({ Id, known: MessageBody })),
      );
      accepted.push(...known);
      return response;
    }
    if (command instanceof DeleteMessageBatchCommand) {
      const entries = command.input.Entries ?? [];
      deletes.push(entries.map(({ ReceiptHandle = '' }) => ReceiptHandle));
      return resolveEntries(entries.map(({ Id, ReceiptHandle }) => ({ Id, known: ReceiptHandle }))).answer;
    }
    if (command instanceof ChangeMessageVisibilityBatchCommand) {
      const entries = command.input.Entries ?? [];
      visibilities.push(
        Object.fromEntries(
          entries.map(({ ReceiptHandle = '', VisibilityTimeout = Number.NaN }) => [
            ReceiptHandle,
            VisibilityTimeout,
          ]),
        ),
      );
      return resolveEntries(entries.map(({ Id, ReceiptHandle }) => ({ Id, known: ReceiptHandle }))).answer;
    }
    if (command instanceof ReceiveMessageCommand) {
      receives.push(command.input);
      return { Messages: messages?.(command.input) };
    }
    throw new Error('The relay does not make such calls.');
  });
  return { ...client, sends, accepted, deletes, visibilities, receives };
}
