import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { DEAD_LETTER_QUEUE_URL } from '../simulation.ts';
import { type Mutant, wrapRelay } from './mutant.ts';
import { onReplaySqs, onWorkerSqs } from './wrappers.ts';

/** Bugs in what an operator replays and reads. */
export const operatorMutants: readonly Mutant[] = [
  wrapRelay(
    'a replay deletes dead letters that the main queue has not confirmed',
    'replay',
    onReplaySqs((command, next) =>
      command instanceof SendMessageBatchCommand
        ? next().catch(() => ({
            Successful: command.input.Entries?.map(({ Id }) => ({ Id, MessageId: 'unconfirmed' })),
          }))
        : next(),
    ),
  ),
  wrapRelay(
    'a dead letter is logged with its event',
    'poison-422',
    onWorkerSqs((command, next, { log }) => {
      if (command instanceof SendMessageBatchCommand && command.input.QueueUrl === DEAD_LETTER_QUEUE_URL)
        Reflect.apply(log.warn, log, [command.input.Entries?.[0]?.MessageBody, {}]);
      return next();
    }),
  ),
];
