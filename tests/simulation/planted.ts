import { changedRelay, type Edit } from './changed-relay.ts';
import type { realRelay } from './real-relay.ts';

/** A bug that somebody might write, the run that catches it, and the change that makes it. */
type Bug = { name: string; trial: string; seed: number; edits: readonly Edit[] };

const bug = (name: string, trial: string, seed: number, ...edits: readonly Edit[]): Bug => ({
  name,
  trial,
  seed,
  edits,
});

const edit = (file: string, from: string, to: string): Edit => ({ file, from, to });

export const bugs: readonly Bug[] = [
  // Ingest
  bug(
    'the ingest answers 200 when the queue has not taken the events in time',
    'mixed',
    1,
    edit(
      'lib/ingest/answer.ts',
      "{ status: 503, body: { message: 'The queue did not",
      "{ status: 200, body: { message: 'The queue did not",
    ),
  ),
  bug(
    'the ingest takes a whole call for confirmed though entries of it failed',
    'mixed',
    1,
    edit(
      'lib/queue/send.ts',
      'Successful.flatMap(({ Id,',
      'messages.map((_, Id) => ({ Id, MessageId: "" })).flatMap(({ Id,',
    ),
  ),
  bug(
    'an entry that failed is sent again after the later ones of its group',
    'mixed',
    1,
    edit(
      'lib/queue/send.ts',
      '[...unit.filter((message) => !confirmed.has(message)), ...waiting.slice(unit.length)]',
      '[...waiting.slice(unit.length), ...unit.filter((message) => !confirmed.has(message))]',
    ),
  ),
  bug(
    "Segment's second try of an event gets a deduplication id of its own",
    'mixed',
    1,
    edit('lib/queue/message.ts', 'const identified = Boolean(', 'const identified = false && Boolean('),
  ),
  bug(
    'events are grouped by themselves instead of by user',
    'mixed',
    1,
    edit('lib/queue/message.ts', 'return hashId(id ?? ', "return hashId(event.messageId ?? '' + id ?? "),
  ),

  // What an answer means
  bug(
    '429 counts as a failure of the request',
    'quota-halved',
    1,
    edit('lib/salesmachine/outcome.ts', "429: 'throttled'", "429: 'transient'"),
  ),
  bug(
    'a rejected credential makes dead letters',
    'mixed',
    1,
    edit('lib/salesmachine/outcome.ts', "401: 'credential'", "401: 'rejected'"),
  ),
  bug(
    'a wrong URL makes dead letters',
    'mixed',
    1,
    edit('lib/salesmachine/outcome.ts', "404: 'configuration'", "404: 'rejected'"),
  ),
  bug(
    'a page that is no answer counts as delivered',
    'mixed',
    1,
    edit('lib/salesmachine/outcome.ts', "return page ? 'configuration' : outcome", 'return outcome'),
  ),
  bug(
    'a request whose answer was lost counts as delivered',
    'mixed',
    1,
    edit('lib/salesmachine/outcome.ts', "answer.sent ? 'uncertain'", "answer.sent ? 'delivered'"),
  ),
  bug(
    'a 400 is taken for the data without asking for the credential',
    'mixed',
    1,
    edit('lib/delivery/attempt.ts', 'terms.trusted || ', 'true || '),
    edit('lib/delivery/batch.ts', 'const isSure = !trusted || ', 'const isSure = true || '),
  ),

  // Gate and pacer
  bug(
    'one of the lanes does not honour the gate after a 429',
    'others-fixed-window',
    1,
    edit(
      'lib/delivery/gate.ts',
      'let throttledUntil = 0;',
      'let throttledUntil = 0; const isDeaf = random() < 0.9;',
    ),
    edit(
      'lib/delivery/gate.ts',
      'throttledUntil = Math.max(throttledUntil, now + waitMs);',
      'if (!isDeaf) throttledUntil = Math.max(throttledUntil, now + waitMs);',
    ),
  ),
  bug(
    'each lane spends the rate of all of them',
    'saturated',
    1,
    edit('lib/delivery/pacer.ts', ' / quota.lanes;', ';'),
  ),
  bug(
    'a closed API is asked at every slot',
    'down-6-hours',
    1,
    edit('lib/delivery/gate.ts', 'closed?.probeAt ?? 0', '0'),
  ),
  bug(
    'what is handed back during a long outage returns every half minute',
    'down-5-days',
    1,
    edit('lib/delivery/backoff.ts', 'if (ageMs >= HOUR_MS)', 'if (ageMs < 0)'),
    edit('lib/delivery/backoff.ts', 'Math.max(30, seconds(ageMs / 3))', '30'),
  ),

  // Fill
  bug(
    'a request ignores the limit of 500 KB',
    'bulky',
    1,
    edit('lib/delivery/compose.ts', 'bytes + size <= MAX_REQUEST_BYTES', 'true'),
  ),
  bug(
    'a request ignores the limit of 100 operations',
    'saturated',
    1,
    edit('lib/delivery/compose.ts', '!alone && operations + work.parts.length <= MAX_OPERATIONS', '!alone'),
    edit('lib/delivery/compose.ts', 'if (operations >= MAX_OPERATIONS) break;', ''),
    edit('lib/delivery/lane.ts', 'const wanted = MAX_OPERATIONS -', 'const wanted = 110 -'),
  ),
  bug(
    'the fill leaves a receive pending',
    '280-a-second',
    1,
    edit(
      'lib/delivery/fill.ts',
      'const answers = await Promise.all(',
      'const answers = [await Promise.race(',
    ),
    edit(
      'lib/delivery/fill.ts',
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
    edit('lib/delivery/compose.ts', '|| locks.some((lock) => taken.has(lock))', ''),
  ),
  bug(
    'later events of a user go on though an earlier one has failed',
    'ailing',
    1,
    edit('lib/delivery/ledger.ts', 'failedGroups.has(work.message.groupId)', 'false'),
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
      'lib/delivery/ledger.ts',
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
    edit('lib/delivery/ledger.ts', '(await queue.bury(letters))', '((await queue.bury(letters)), true)'),
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
      'lib/delivery/ledger.ts',
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
      'lib/delivery/batch.ts',
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
    edit('lib/delivery/batch.ts', 'await bisect(parts, refusal, {', 'await bisect(merge(parts), refusal, {'),
    edit(
      'lib/delivery/batch.ts',
      'send: (some, alone) => send(some,',
      'send: (some, alone) => send(some.flatMap((item) => item.parts),',
    ),
    edit(
      'lib/delivery/batch.ts',
      'blamed.set(part, blame);\n',
      'for (const each of part.parts) blamed.set(each, blame);\n',
    ),
    edit(
      'lib/delivery/batch.ts',
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
      'lib/delivery/batch.ts',
      'await findBad(blame);',
      'for (const part of parts) blamed.set(part, blame);',
    ),
    edit('lib/delivery/batch.ts', 'fresh >= STORM', 'false'),
  ),
  bug(
    "an operation that alone fails with a server's error is given up at once",
    'poison-500',
    1,
    edit('lib/delivery/batch.ts', "blame.reason !== 'server_error' ||", 'true ||'),
    edit('lib/delivery/batch.ts', "if (blame.reason === 'server_error') ledger.fail(part.work);", ''),
  ),

  // Replay
  bug(
    'a replay sends an event with the deduplication id of its first delivery',
    'replay',
    1,
    edit(
      'lib/queue/replay-message.ts',
      'deduplicationId: hashId(`replay',
      'deduplicationId: identityOf(parseJson(letter.message.body), Math.random) || hashId(`replay',
    ),
    edit('lib/queue/replay-message.ts', 'groupOf, hashId,', 'groupOf, hashId, identityOf,'),
  ),
  bug(
    'a replay deletes letters that the main queue has not confirmed',
    'replay',
    1,
    edit('lib/queue/replay.ts', 'return undefined;\n  }\n}', 'return [];\n  }\n}'),
  ),

  // Telemetry
  bug(
    'a dead letter is logged with its event',
    'poison-422',
    1,
    edit(
      'lib/delivery/ledger.ts',
      "log.warn('dead letter', {",
      'log.warn(`dead letter ` + letters[0].body, {',
    ),
  ),
];

/** The relay with one bug. */
export function plantedRelay(
  name: string,
): (...settings: Parameters<typeof realRelay>) => Promise<ReturnType<typeof realRelay>> {
  const planted = bugs.find((each) => each.name === name);
  if (!planted) throw new Error(`No bug is called "${name}".`);
  return async (...settings) => (await changedRelay(planted.edits))(...settings);
}
