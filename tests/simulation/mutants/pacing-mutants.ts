import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs';
import { editSource, type Mutant, replaceText, wrapRelay } from './mutant.ts';
import { onWorkerSqs } from './wrappers.ts';

const RETURNS_AFTER_SECONDS = 30;

/** Bugs in when a lane sends, and in when what it releases comes back. */
export const pacingMutants: readonly Mutant[] = [
  editSource(
    'each lane spends the rate of all of them',
    'saturated',
    replaceText('lib/delivery/pacer.ts', ' / quota.lanes;', ';'),
  ),
  editSource(
    'a closed API is asked at every slot',
    'down-6-hours',
    replaceText('lib/delivery/gate.ts', 'pause?.nextTryAt ?? 0)', '0)'),
  ),
  wrapRelay(
    'what is released during a long outage returns every half minute',
    'down-5-days',
    onWorkerSqs((command, next) => {
      if (!(command instanceof ChangeMessageVisibilityBatchCommand)) return next();
      const Entries = command.input.Entries?.map(({ VisibilityTimeout = 0, ...entry }) => ({
        ...entry,
        VisibilityTimeout: Math.min(VisibilityTimeout, RETURNS_AFTER_SECONDS),
      }));
      return next(new ChangeMessageVisibilityBatchCommand({ ...command.input, Entries }));
    }),
  ),
];
