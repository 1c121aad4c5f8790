import { type Bug, bug, edit } from './mutant.ts';

/** Bugs in how a lane fills, sends, settles and searches. */
export const engineBugs: readonly Bug[] = [
  // Fill
  bug(
    'a request ignores the limit of 500 KB',
    'bulky',
    1,
    edit('lib/delivery/request.ts', 'bytes + size <= MAX_REQUEST_BYTES', 'true'),
  ),
  bug(
    'a request ignores the limit of 100 operations',
    'saturated',
    1,
    edit('lib/delivery/request.ts', '!alone && operations + work.parts.length <= MAX_OPERATIONS', '!alone'),
    edit('lib/delivery/request.ts', 'if (operations >= MAX_OPERATIONS) break;', ''),
    edit('lib/delivery/lane.ts', 'const wanted = MAX_OPERATIONS -', 'const wanted = 110 -'),
  ),
  bug(
    'the fill leaves a receive pending',
    '280-a-second',
    1,
    edit(
      'lib/delivery/receiver.ts',
      'const answers = await Promise.all(',
      'const answers = [await Promise.race(',
    ),
    edit(
      'lib/delivery/receiver.ts',
      'queue.receive(size, visibilitySeconds)));',
      'queue.receive(size, visibilitySeconds)))];',
    ),
  ),
  bug(
    'what was filled becomes visible again while the lane still has it',
    'mixed',
    1,
    edit('lib/delivery/lane.ts', 'Math.ceil((deadline - now + VISIBILITY_MARGIN_MS) / 1_000)', '3'),
  ),
  bug(
    'a crash hides what was filled for hours',
    'mixed',
    1,
    edit('lib/delivery/lane.ts', 'Math.ceil((deadline - now + VISIBILITY_MARGIN_MS) / 1_000)', '43_000'),
  ),

  // Order
  bug(
    'two requests of one contact are in flight together',
    'mixed',
    1,
    edit('lib/delivery/request.ts', '|| locks.some((lock) => taken.has(lock))', ''),
  ),
  bug(
    'later events of a user go on though an earlier one has failed',
    'ailing',
    1,
    edit('lib/delivery/settlement.ts', 'failedGroups.has(work.message.groupId)', 'false'),
  ),
  bug(
    'the latest arrival wins a merge, not the latest timestamp',
    'mixed',
    1,
    edit(
      'lib/delivery/merge.ts',
      'parts.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))',
      '[...parts]',
    ),
  ),

  // Settling
  bug(
    'the followers of a failed message are reported as done',
    'mixed',
    1,
    edit(
      'lib/delivery/settlement.ts',
      'fail: (work) => failedGroups.add(work.message.groupId),',
      `fail(work) {
        failedGroups.add(work.message.groupId);
        for (const entry of entries.values())
          if (entry.work !== work && entry.message.groupId === work.message.groupId) done.add(entry);
      },`,
    ),
  ),
  bug(
    'a message is deleted before it is delivered',
    'mixed',
    1,
    edit('lib/delivery/lane.ts', 'take(got);', 'take(got); void queue.remove(got);'),
  ),
  bug(
    'a message is deleted before its dead letter is confirmed',
    'mixed',
    1,
    edit('lib/delivery/settlement.ts', '(await queue.bury(letters))', '((await queue.bury(letters)), true)'),
  ),
  bug(
    'messages become visible when their request goes out, not when it is settled',
    'mixed',
    1,
    edit(
      'lib/delivery/lane.ts',
      'inFlight.add(batch);',
      `inFlight.add(batch);
        void queue.handBack(works.map(({ message }) => ({ message, seconds: 0 })));`,
    ),
  ),
  bug(
    'the deadline is ignored',
    'down-6-hours',
    1,
    edit(
      'lib/delivery/lane.ts',
      'Math.min(startedAt + HOLD_MS, deadline - RESERVE_MS)',
      'Number.POSITIVE_INFINITY',
    ),
  ),
  bug(
    'an outage ages events',
    'down-5-days',
    1,
    edit(
      'lib/delivery/settlement.ts',
      'const left = [...entries.values()];',
      `const isOld = ({ message }) => clock.now() - message.sentAt >= settings.maxEventAgeMs;
      const old = [...entries.values()].filter(isOld);
      await queue.bury(old.map(({ message, work }) => letterOf(message, { reason: 'server_error', detail: '' }, work)));
      await remove(old.map(({ message }) => message));
      const left = [...entries.values()].filter((entry) => !isOld(entry));`,
    ),
  ),

  // Bisect
  bug(
    'the bisect takes the right half for delivered without sending it',
    'poison-422',
    1,
    edit(
      'lib/delivery/batch-sender.ts',
      "if (sendable.length === 0) return { kind: 'delivered' };",
      `const isRight = !terms.admitted && sendable.length > 1 && sendable.at(-1) === parts.at(-1);
      if (isRight) ledger.delivered(sendable);
      if (isRight || sendable.length === 0) return { kind: 'delivered' };`,
    ),
  ),
  bug(
    'a merged operation is blamed as a whole',
    'mixed',
    1,
    edit(
      'lib/delivery/batch-sender.ts',
      'await bisect(parts, refusal, {',
      'await bisect(merge(parts), refusal, {',
    ),
    edit(
      'lib/delivery/batch-sender.ts',
      'send: (some, alone) => send(some,',
      'send: (some, alone) => send(some.flatMap((item) => item.parts),',
    ),
    edit(
      'lib/delivery/batch-sender.ts',
      'blamed.set(part, blame);\n',
      'for (const each of part.parts) blamed.set(each, blame);\n',
    ),
    edit(
      'lib/delivery/batch-sender.ts',
      'ledger.fail(part.work);',
      'for (const each of part.parts) ledger.fail(each.work);',
    ),
  ),
  bug(
    'the bisect infers nothing',
    'poison-422',
    1,
    edit('lib/delivery/bisect.ts', 'rejected: { infer: true,', 'rejected: { infer: false,'),
  ),
  bug(
    'all of a refused batch is given up',
    'poison-422',
    1,
    edit(
      'lib/delivery/batch-sender.ts',
      'await findBad(blame);',
      'for (const part of parts) blamed.set(part, blame);',
    ),
    edit('lib/delivery/batch-sender.ts', 'fresh >= STORM', 'false'),
  ),
  bug(
    "an operation that alone fails with a server's error is given up at once",
    'poison-500',
    1,
    edit('lib/delivery/batch-sender.ts', "blame.reason !== 'server_error' ||", 'true ||'),
    edit('lib/delivery/batch-sender.ts', "if (blame.reason === 'server_error') ledger.fail(part.work);", ''),
  ),
];
