import { type Mutant, mutant, replaceText } from './mutant.ts';

/** Bugs at the engine's boundaries: Segment, Salesmachine, the operator. */
export const boundaryMutants: readonly Mutant[] = [
  // Ingest
  mutant(
    'the ingest answers 200 when the queue has not taken the events in time',
    'mixed',
    1,
    replaceText(
      'lib/ingest/handle-request.ts',
      "toErrorResponse(503, 'not_queued'",
      "toErrorResponse(200, 'not_queued'",
    ),
  ),
  mutant(
    'the ingest takes all entries of a call for confirmed though some failed',
    'mixed',
    1,
    replaceText(
      'lib/sqs/send-messages.ts',
      'Successful.map(({ Id, MessageId }) => ({ Id, value: MessageId }))',
      'messages.map((_, index) => ({ Id: String(index), value: "" }))',
    ),
  ),
  mutant(
    'an entry that failed is sent again after the later ones of its group',
    'mixed',
    1,
    replaceText(
      'lib/sqs/send-messages.ts',
      'const waiting = group.waiting.filter((message) => !isDone(message));',
      'const waiting = isDone(group.waiting[0]) ? group.waiting.slice(1) : [...group.waiting.slice(1), group.waiting[0]];',
    ),
  ),
  mutant(
    "Segment's second try of an event gets a deduplication id of its own",
    'mixed',
    1,
    replaceText(
      'lib/sqs/message.ts',
      "if (value['messageId']) return hashContent(value);\n      return hasPreciseTime",
      "if (value['messageId']) return randomSqsId(random);\n      return hasPreciseTime",
    ),
  ),
  mutant(
    'events are grouped by themselves instead of by user',
    'mixed',
    1,
    replaceText(
      'lib/sqs/message.ts',
      'return sqsSafeHash(id ?? ',
      "return sqsSafeHash(event.messageId ?? '' + id ?? ",
    ),
  ),

  // What an answer means
  mutant(
    '429 counts as a failure of the request',
    'quota-halved',
    1,
    replaceText('lib/salesmachine/outcome.ts', "429: 'throttled'", "429: 'transient'"),
  ),
  mutant(
    'a rejected credential makes dead letters',
    'mixed',
    1,
    replaceText('lib/salesmachine/outcome.ts', "401: 'credential'", "401: 'rejected'"),
  ),
  mutant(
    'a wrong URL makes dead letters',
    'mixed',
    1,
    replaceText('lib/salesmachine/outcome.ts', "404: 'configuration'", "404: 'rejected'"),
  ),
  mutant(
    'a page that is no answer counts as delivered',
    'mixed',
    1,
    replaceText(
      'lib/salesmachine/outcome.ts',
      "return isHtmlPage ? 'configuration' : outcome",
      'return outcome',
    ),
  ),
  mutant(
    'a request whose answer was lost counts as delivered',
    'mixed',
    1,
    replaceText(
      'lib/salesmachine/outcome.ts',
      "result.mayHaveBeenSent ? 'uncertain'",
      "result.mayHaveBeenSent ? 'delivered'",
    ),
  ),
  mutant(
    'a 400 is taken for the data without asking for the credential',
    'mixed',
    1,
    replaceText('lib/delivery/attempt.ts', 'options.credentialVerified || ', 'true || '),
    replaceText(
      'lib/delivery/batch-sender.ts',
      'const credentialStillValid = !credentialVerified || ',
      'const credentialStillValid = true || ',
    ),
  ),

  // Gate and pacer
  mutant(
    'one of the lanes ignores a 429',
    'others-fixed-window',
    1,
    replaceText(
      'lib/delivery/gate.ts',
      'let throttledUntil = 0;',
      'let throttledUntil = 0; const isDeaf = random() < 0.9;',
    ),
    replaceText(
      'lib/delivery/gate.ts',
      'throttledUntil = Math.max(throttledUntil, now + waitMs);',
      'if (!isDeaf) throttledUntil = Math.max(throttledUntil, now + waitMs);',
    ),
  ),
  mutant(
    'each lane spends the rate of all of them',
    'saturated',
    1,
    replaceText('lib/delivery/pacer.ts', ' / quota.lanes;', ';'),
  ),
  mutant(
    'a closed API is asked at every slot',
    'down-6-hours',
    1,
    replaceText('lib/delivery/gate.ts', 'tripped?.probeAt ?? 0', '0'),
  ),
  mutant(
    'what is released during a long outage returns every half minute',
    'down-5-days',
    1,
    replaceText('lib/delivery/backoff.ts', 'if (ageMs >= HOUR_MS)', 'if (ageMs < 0)'),
    replaceText('lib/delivery/backoff.ts', 'Math.max(30, toSqsSeconds(ageMs / 3))', '30'),
  ),

  // Replay
  mutant(
    'a replay sends an event with the deduplication id of its first delivery',
    'replay',
    1,
    replaceText(
      'lib/dead-letters/replay-message.ts',
      'deduplicationId: sqsSafeHash(`replay',
      'deduplicationId: createRequestIds(Math.random).deduplicationId(parseJson(deadLetter.message.body)) || sqsSafeHash(`replay',
    ),
    replaceText(
      'lib/dead-letters/replay-message.ts',
      'import { messageGroupId,',
      'import { createRequestIds, messageGroupId,',
    ),
  ),
  mutant(
    'a replay deletes dead letters that the main queue has not confirmed',
    'replay',
    1,
    replaceText('lib/dead-letters/replay-dead-letters.ts', 'return undefined;\n  }\n}', 'return [];\n  }\n}'),
  ),

  // Telemetry
  mutant(
    'a dead letter is logged with its event',
    'poison-422',
    1,
    replaceText(
      'lib/delivery/settlement.ts',
      "log.warn('dead letter written', {",
      'log.warn(`dead letter written ` + deadLetters[0].body, {',
    ),
  ),
];
