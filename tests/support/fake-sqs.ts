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
import { aborted, sqsClient } from '../simulation/models/sqs-client.ts';

/** What becomes of one entry of a call: SQS takes it, or refuses it, or loses the call as a whole. */
export type Fate = 'taken' | 'refused' | 'lost';

type Options = {
  /** How long a call takes. */
  latencyMs?: number;
  /** The fate of an entry, known by its body or receipt handle; one that is lost takes its call along. */
  fateOf?: (entry: string) => Fate;
  /** What a receive gives. */
  messages?: (request: ReceiveMessageRequest) => Message[];
};

export type FakeSqs = Sqs & {
  /** Every call with its entries, in the order in which they went out; refused ones too. */
  sends: SendMessageBatchRequestEntry[][];
  /** Bodies that SQS has taken, in order. */
  taken: string[];
  deletes: string[][];
  /** By receipt handle, in seconds. */
  visibilities: Record<string, number>[];
  receives: ReceiveMessageRequest[];
};

/** SQS with the faults that a real one has too rarely to be tested with. */
export function fakeSqs(clock: Clock, { latencyMs = 10, fateOf, messages }: Options = {}): FakeSqs {
  const sends: SendMessageBatchRequestEntry[][] = [];
  const taken: string[] = [];
  const deletes: string[][] = [];
  const visibilities: Record<string, number>[] = [];
  const receives: ReceiveMessageRequest[] = [];

  function judge(entries: readonly { Id: string | undefined; known: string | undefined }[]) {
    const judged = entries.map(({ Id, known = '' }) => ({ Id, known, fate: fateOf?.(known) ?? 'taken' }));
    if (judged.some(({ fate }) => fate === 'lost'))
      throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
    const successful = judged.filter(({ fate }) => fate === 'taken');
    const refused = judged.filter(({ fate }) => fate === 'refused');
    return {
      known: successful.map(({ known }) => known),
      answer: {
        Successful: successful.map(({ Id }) => ({ Id })),
        Failed: refused.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
      },
    };
  }

  const client = sqsClient(async (command, signal) => {
    if (command instanceof SendMessageBatchCommand) sends.push(command.input.Entries ?? []);
    await clock.sleep(latencyMs, signal).catch(() => {
      throw aborted();
    });
    if (command instanceof SendMessageBatchCommand) {
      const entries = command.input.Entries ?? [];
      const { known, answer } = judge(entries.map(({ Id, MessageBody }) => ({ Id, known: MessageBody })));
      taken.push(...known);
      return answer;
    }
    if (command instanceof DeleteMessageBatchCommand) {
      const entries = command.input.Entries ?? [];
      deletes.push(entries.map(({ ReceiptHandle = '' }) => ReceiptHandle));
      return judge(entries.map(({ Id, ReceiptHandle }) => ({ Id, known: ReceiptHandle }))).answer;
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
      return judge(entries.map(({ Id, ReceiptHandle }) => ({ Id, known: ReceiptHandle }))).answer;
    }
    if (command instanceof ReceiveMessageCommand) {
      receives.push(command.input);
      return { Messages: messages?.(command.input) };
    }
    throw new Error('The relay does not make such calls.');
  });
  return { ...client, sends, taken, deletes, visibilities, receives };
}
