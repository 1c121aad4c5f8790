import { type Mutant, mutant, replaceText } from './mutant.ts';

/** Bugs in how a lane receives, sends, settles and bisects. */
export const engineMutants: readonly Mutant[] = [
  // Fill
  mutant(
    'a request ignores the limit of 500 KB',
    'bulky',
    1,
    replaceText('lib/delivery/request.ts', 'bytes + size <= MAX_REQUEST_BYTES', 'true'),
  ),
  mutant(
    'a request ignores the limit of 100 operations',
    'saturated',
    1,
    replaceText(
      'lib/delivery/request.ts',
      'operationCount + queuedEvent.operations.length <= MAX_OPERATIONS &&',
      '',
    ),
    replaceText('lib/delivery/request.ts', 'if (operationCount >= MAX_OPERATIONS) break;', ''),
    replaceText('lib/delivery/lane.ts', '\n          MAX_OPERATIONS -', '\n          110 -'),
  ),
  mutant(
    'the fill leaves a receive pending',
    '280-a-second',
    1,
    replaceText(
      'lib/delivery/receiver.ts',
      'const batches = await Promise.all(',
      'const batches = [await Promise.race(',
    ),
    replaceText(
      'lib/delivery/receiver.ts',
      'queue.receive(size, visibilitySeconds)));',
      'queue.receive(size, visibilitySeconds)))];',
    ),
  ),
  mutant(
    'what was filled becomes visible again while the lane still has it',
    'mixed',
    1,
    replaceText('lib/delivery/lane.ts', 'Math.ceil((deadline - now + VISIBILITY_MARGIN_MS) / 1_000)', '3'),
  ),
  mutant(
    'a crash hides what was filled for hours',
    'mixed',
    1,
    replaceText(
      'lib/delivery/lane.ts',
      'Math.ceil((deadline - now + VISIBILITY_MARGIN_MS) / 1_000)',
      '43_000',
    ),
  ),

  // Order
  mutant(
    'two requests of one contact are in flight together',
    'mixed',
    1,
    replaceText('lib/delivery/request.ts', '|| keys.some((key) => blockedKeys.has(key))', ''),
  ),
  mutant(
    'later events of a user go on though an earlier one has failed',
    'flaky-events',
    1,
    replaceText('lib/delivery/settlement.ts', 'failedGroups.has(queuedEvent.message.groupId)', 'false'),
  ),
  mutant(
    'the latest arrival wins a merge, not the latest timestamp',
    'mixed',
    1,
    replaceText(
      'lib/delivery/merge.ts',
      'eventOperations.toSorted((a, b) =>\n    a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0,\n  )',
      '[...eventOperations]',
    ),
  ),

  mutant(
    'a merge keeps only the last account that a contact is linked to',
    'account-links',
    1,
    replaceText('lib/delivery/merge.ts', 'return [...otherLinks, {', 'return [{'),
    replaceText('lib/delivery/merge.ts', 'byAccount.get(lastAccount) ?? []', 'inOrder'),
  ),

  // Settling
  mutant(
    'the followers of a failed message are reported as done',
    'mixed',
    1,
    replaceText(
      'lib/delivery/settlement.ts',
      'failGroup: (queuedEvent) => failedGroups.add(queuedEvent.message.groupId),',
      `failGroup(queuedEvent) {
        failedGroups.add(queuedEvent.message.groupId);
        for (const entry of entries.values())
          if (entry.queuedEvent !== queuedEvent && entry.message.groupId === queuedEvent.message.groupId) done.add(entry);
      },`,
    ),
  ),
  mutant(
    'a message is deleted before it is delivered',
    'mixed',
    1,
    replaceText(
      'lib/delivery/lane.ts',
      'register(received);',
      'register(received); void queue.deleteMessages(received);',
    ),
  ),
  mutant(
    'a message is deleted before its dead letter is confirmed',
    'mixed',
    1,
    replaceText(
      'lib/delivery/settlement.ts',
      '(await queue.writeDeadLetters(deadLetters))',
      '((await queue.writeDeadLetters(deadLetters)), true)',
    ),
  ),
  mutant(
    'messages become visible when their request goes out, not when it is settled',
    'mixed',
    1,
    replaceText(
      'lib/delivery/lane.ts',
      'inFlight.add(batch);',
      `inFlight.add(batch);
        void queue.release(queuedEvents.map(({ message }) => ({ message, seconds: 0 })));`,
    ),
  ),
  mutant(
    'the deadline is ignored',
    'down-6-hours',
    1,
    replaceText(
      'lib/delivery/lane.ts',
      'Math.min(startedAt + MAX_WAIT_MS, deadline - SETTLE_RESERVE_MS)',
      'Number.POSITIVE_INFINITY',
    ),
  ),
  mutant(
    'an outage ages events',
    'down-5-days',
    1,
    replaceText(
      'lib/delivery/settlement.ts',
      'const rest = [...entries.values()];',
      `const isOld = ({ message }) => clock.now() - message.sentAt >= settings.maxEventAgeMs;
      const old = [...entries.values()].filter(isOld);
      await queue.writeDeadLetters(old.map(({ message, queuedEvent }) => toDeadLetter(message, { reason: 'server_error', detail: '' }, queuedEvent)));
      await queue.deleteMessages(old.map(({ message }) => message));
      const rest = [...entries.values()].filter((entry) => !isOld(entry));`,
    ),
  ),

  // Bisect
  mutant(
    'the bisect takes the right half for delivered without sending it',
    'poison-422',
    1,
    replaceText(
      'lib/delivery/batch-sender.ts',
      "if (sendable.length === 0) return { kind: 'delivered' };",
      `const isRight = !options.hasSlot && sendable.length > 1 && sendable.at(-1) === operations.at(-1);
      if (isRight) settlement.markDelivered(sendable);
      if (isRight || sendable.length === 0) return { kind: 'delivered' };`,
    ),
  ),
  mutant(
    'a merged operation is rejected as a whole',
    'mixed',
    1,
    replaceText(
      'lib/delivery/batch-sender.ts',
      'await bisect(operations, firstRejection, {',
      'await bisect(merge(operations), firstRejection, {',
    ),
    replaceText(
      'lib/delivery/batch-sender.ts',
      'send(subset, {\n            hasSlot: false,',
      'send(subset.flatMap((item) => item.eventOperations), {\n            hasSlot: false,',
    ),
    replaceText(
      'lib/delivery/batch-sender.ts',
      'rejections.set(operation, rejection);\n',
      'for (const each of operation.eventOperations) rejections.set(each, rejection);\n',
    ),
    replaceText(
      'lib/delivery/batch-sender.ts',
      'settlement.failGroup(operation.queuedEvent);',
      'for (const each of operation.eventOperations) settlement.failGroup(each.queuedEvent);',
    ),
  ),
  mutant(
    'the bisect infers nothing',
    'poison-422',
    1,
    replaceText('lib/delivery/bisect.ts', 'rejected: { infer: true,', 'rejected: { infer: false,'),
  ),
  mutant(
    'all of a refused batch is given up',
    'poison-422',
    1,
    replaceText(
      'lib/delivery/batch-sender.ts',
      'await isolateRejected(rejection);',
      'for (const operation of operations) rejections.set(operation, rejection);',
    ),
    replaceText('lib/delivery/batch-sender.ts', 'unseen >= MASS_REJECTION_MIN', 'false'),
  ),
  mutant(
    "an operation that alone fails with a server's error is given up at once",
    'poison-500',
    1,
    replaceText('lib/delivery/batch-sender.ts', "rejection.reason !== 'server_error' ||", 'true ||'),
    replaceText(
      'lib/delivery/batch-sender.ts',
      "if (rejection.reason === 'server_error') settlement.failGroup(operation.queuedEvent);",
      '',
    ),
  ),
];
