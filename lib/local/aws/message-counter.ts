import type { ServiceInputTypes, ServiceOutputTypes, SQSClient } from '@aws-sdk/client-sqs';

export type MessageCounter = {
  /** Messages that were deleted from the main queue and are not dead letters. */
  delivered(): number;
  /** Counts what goes through this client. */
  instrument(sqs: SQSClient): void;
};

/** Counts deliveries by watching the queues' clients, so that whoever delivers need not know of it. */
export function createMessageCounter(queues: { main: string; deadLetters: string }): MessageCounter {
  let deleted = 0;
  /** Receipt handles that have not been used up: to delete a message twice succeeds, but is one deletion. */
  const received = new Set<unknown>();
  /** Ids, for the same dead letter may be written twice. */
  const deadLetters = new Set<unknown>();

  function count(command: string | undefined, input: ServiceInputTypes, output: ServiceOutputTypes): void {
    const queueUrl = 'QueueUrl' in input ? input.QueueUrl : undefined;
    if (queueUrl === queues.deadLetters && 'Successful' in output) {
      for (const entry of output.Successful ?? []) if ('MessageId' in entry) deadLetters.add(entry.MessageId);
    }
    if (queueUrl !== queues.main) return;
    if ('Messages' in output)
      for (const { ReceiptHandle } of output.Messages ?? []) received.add(ReceiptHandle);
    if (command === 'DeleteMessageBatchCommand') {
      for (const handle of confirmedHandles(input, output)) if (received.delete(handle)) deleted += 1;
    }
  }

  return {
    // A dead letter is written before its message is deleted: for a moment it is both.
    delivered: () => Math.max(0, deleted - deadLetters.size),
    instrument(sqs) {
      sqs.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const result = await next(args);
            count(commandName, args.input, result.output);
            return result;
          },
        { step: 'initialize', name: 'countMessages' },
      );
    },
  };
}

/** The receipt handles of a batch call that SQS confirmed. */
function confirmedHandles(input: ServiceInputTypes, output: ServiceOutputTypes): unknown[] {
  if (!('Entries' in input && 'Successful' in output)) return [];
  const confirmed = new Set(output.Successful?.map(({ Id }) => Id));
  return (input.Entries ?? []).flatMap((entry) =>
    'ReceiptHandle' in entry && confirmed.has(entry.Id) ? [entry.ReceiptHandle] : [],
  );
}
