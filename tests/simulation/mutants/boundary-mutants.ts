import { type Bug, bug, edit } from './mutant.ts';

/** Bugs where the engine meets the others: Segment, Salesmachine, the operator. */
export const edgeBugs: readonly Bug[] = [
  // Ingest
  bug(
    'the ingest answers 200 when the queue has not taken the events in time',
    'mixed',
    1,
    edit(
      'lib/ingest/handle-request.ts',
      "{ status: 503, body: { message: 'The queue did not",
      "{ status: 200, body: { message: 'The queue did not",
    ),
  ),
  bug(
    'the ingest takes a whole call for confirmed though entries of it failed',
    'mixed',
    1,
    edit(
      'lib/sqs/send-messages.ts',
      'Successful.flatMap(({ Id,',
      'messages.map((_, Id) => ({ Id, MessageId: "" })).flatMap(({ Id,',
    ),
  ),
  bug(
    'an entry that failed is sent again after the later ones of its group',
    'mixed',
    1,
    edit(
      'lib/sqs/send-messages.ts',
      '[...unit.filter((message) => !confirmed.has(message)), ...waiting.slice(unit.length)]',
      '[...waiting.slice(unit.length), ...unit.filter((message) => !confirmed.has(message))]',
    ),
  ),
  bug(
    "Segment's second try of an event gets a deduplication id of its own",
    'mixed',
    1,
    edit('lib/sqs/message.ts', 'const identified = Boolean(', 'const identified = false && Boolean('),
  ),
  bug(
    'events are grouped by themselves instead of by user',
    'mixed',
    1,
    edit('lib/sqs/message.ts', 'return hashId(id ?? ', "return hashId(event.messageId ?? '' + id ?? "),
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
    edit('lib/delivery/batch-sender.ts', 'const isSure = !trusted || ', 'const isSure = true || '),
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

  // Replay
  bug(
    'a replay sends an event with the deduplication id of its first delivery',
    'replay',
    1,
    edit(
      'lib/dead-letters/replay-message.ts',
      'deduplicationId: hashId(`replay',
      'deduplicationId: identityOf(parseJson(letter.message.body), Math.random) || hashId(`replay',
    ),
    edit('lib/dead-letters/replay-message.ts', 'groupOf, hashId,', 'groupOf, hashId, identityOf,'),
  ),
  bug(
    'a replay deletes letters that the main queue has not confirmed',
    'replay',
    1,
    edit('lib/dead-letters/replay-dead-letters.ts', 'return undefined;\n  }\n}', 'return [];\n  }\n}'),
  ),

  // Telemetry
  bug(
    'a dead letter is logged with its event',
    'poison-422',
    1,
    edit(
      'lib/delivery/settlement.ts',
      "log.warn('dead letter', {",
      'log.warn(`dead letter ` + letters[0].body, {',
    ),
  ),
];
