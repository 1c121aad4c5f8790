import type { AcceptedSurvivors } from '../explain-survivors.ts';
import { BOUNDARY, FASTER } from './reasons.ts';

const CHANCE = 'a threshold of chance, which no share of failures meets exactly';
const ONE_OPERATION = 'an alias is the only operation of its event, and goes alone';

export const survivors: AcceptedSurvivors = {
  'lib/delivery/bisect.ts': {
    'const isRare = cleanCount * RARE_ONE_IN > subset.length;': BOUNDARY,
  },
  'lib/delivery/evidence.ts': {
    'batch.failures > MIN_FAILURES_TO_SUSPECT &&': CHANCE,
    'failingShareOfOthers(batch) ** batch.failures <= UNLIKELY_TO_SUSPECT': CHANCE,
    'failingShareOfOthers(batch) ** failures <= UNLIKELY_IN_SEARCH,': CHANCE,
    'isBrownout: (batch: BatchAttempts): boolean => failingShareOfOthers(batch) > BROWNOUT_SHARE,': CHANCE,
    'return failures >= MIN_FAILURES_TO_TRIP && shareBefore ** failures <= UNLIKELY_TO_TRIP;': CHANCE,
  },
  'lib/delivery/judge.ts': {
    'clock.now() - operation.queuedEvent.message.sentAt > maxEventAgeMs;': BOUNDARY,
    'const isKeptLongEnough = event.proven >= MIN_KEPT_TRIES && clock.now() - event.since > MIN_KEPT_MS;':
      BOUNDARY,
  },
  'lib/delivery/kept-events.ts': {
    'for (const kept of events.values()) if (kept.since > since) delete kept.dueAt;': BOUNDARY,
  },
  'lib/delivery/merge.ts': {
    'a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0,':
      'V8 sorts by whether this is below 0',
  },
  'lib/delivery/read-message.ts': {
    'if (clock.now() - message.sentAt > settings.maxEventAgeMs) return true;': BOUNDARY,
    'if (durationMs < MAX_READ_MS) return event;': BOUNDARY,
  },
  'lib/delivery/receiver.ts': {
    'if (batches.every((batch) => batch.length === 0)) break;': FASTER,
  },
  'lib/delivery/request.ts': {
    'let isExclusive = true;': 'the first event that is taken sets it',
    'isFull: () => isExclusive || operationCount >= MAX_OPERATIONS,': FASTER,
    "queuedEvent.operations.every(({ operation }) => operation.method === 'alias');": ONE_OPERATION,
    "aliasAlone && queuedEvents.every(isAlias) ? '/v1/alias' : '/v1/batch';": ONE_OPERATION,
  },
  'lib/delivery/status.ts': { 'const isThrottled = until >= now;': BOUNDARY },
};
