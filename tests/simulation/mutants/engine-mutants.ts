import { editSource, type Mutant, replaceText } from './mutant.ts';

/** Bugs in how a lane fills its requests, merges and bisects. */
export const engineMutants: readonly Mutant[] = [
  editSource(
    'a request ignores the limit of 500 KB',
    'bulky',
    replaceText('lib/delivery/request.ts', 'bytes + size <= MAX_REQUEST_BYTES', 'true'),
  ),
  editSource(
    'a request ignores the limit of 100 operations',
    'saturated',
    replaceText(
      'lib/delivery/request.ts',
      'operationCount + queuedEvent.operations.length <= MAX_OPERATIONS &&',
      '',
    ),
    replaceText('lib/delivery/request.ts', 'isExclusive || operationCount >= MAX_OPERATIONS', 'isExclusive'),
    replaceText('lib/delivery/backlog.ts', 'operations < MAX_OPERATIONS', 'operations < 110'),
    replaceText('lib/delivery/backlog.ts', 'room: () => MAX_OPERATIONS -', 'room: () => 110 -'),
  ),
  editSource(
    'what ended a worker is read together with what came for the first time',
    'fatal-messages-memory',
    replaceText('lib/delivery/backlog.ts', 'receiveCount > 1;', 'receiveCount > 1_000;'),
  ),
  editSource(
    'the latest arrival wins a merge, not the latest timestamp',
    'mixed',
    replaceText(
      'lib/delivery/merge.ts',
      'eventOperations.toSorted((a, b) =>\n    a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0,\n  )',
      '[...eventOperations]',
    ),
  ),
  editSource(
    'a merge keeps only the last account that a contact is linked to',
    'account-links',
    replaceText('lib/delivery/merge.ts', 'return [...otherLinks, {', 'return [{'),
    replaceText('lib/delivery/merge.ts', 'byAccount.get(lastAccount) ?? []', 'inOrder'),
  ),
  editSource(
    'what leaves a search is taken for delivered',
    'poison-422',
    replaceText(
      'lib/delivery/batch-sender.ts',
      'takeBack(leaving);',
      'settlement.markDelivered(leaving.flatMap((each) => each.operations));',
    ),
  ),
  editSource(
    'a merged operation is rejected as a whole',
    'mixed',
    replaceText(
      'lib/delivery/batch-sender.ts',
      'await bisect(operations, firstRejection, {',
      'await bisect(merge(operations), firstRejection, {',
    ),
    replaceText(
      'lib/delivery/batch-sender.ts',
      "send(subset, { scope: 'part',",
      "send(subset.flatMap((item) => item.eventOperations), { scope: 'part',",
    ),
    replaceText(
      'lib/delivery/batch-sender.ts',
      'rejections.set(operation, rejection);\n          // It',
      'for (const each of operation.eventOperations) rejections.set(each, rejection);\n          // It',
    ),
    replaceText(
      'lib/delivery/batch-sender.ts',
      "if (reactions[rejection.outcome].verdict === 'failed') failGroup(operation);",
      "if (reactions[rejection.outcome].verdict === 'failed') operation.eventOperations.forEach(failGroup);",
    ),
    replaceText('lib/delivery/batch-sender.ts', 'else if (isFollowed(operation))', 'else if (false)'),
  ),
  editSource(
    'the bisect infers nothing',
    'poison-422',
    replaceText('lib/delivery/bisect.ts', 'if (reactions[rejection.outcome].inferable)', 'if (false)'),
  ),
  editSource(
    'all of a refused batch is given up',
    'poison-422',
    replaceText(
      'lib/delivery/batch-sender.ts',
      'await isolateRejected(rejection);',
      'judgeLater(operations, rejection);',
    ),
    replaceText('lib/delivery/judge.ts', 'isProven || mayGoUnproven', 'true'),
  ),
];
