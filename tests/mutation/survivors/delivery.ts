import type { AcceptedSurvivors } from '../explain-survivors.ts';
import { BOUNDARY, FASTER } from './reasons.ts';

const CHANCE = 'a threshold of chance, which no share of failures meets exactly';
const ONE_OPERATION = 'an alias is the only operation of its event, and goes alone';

export const survivors: AcceptedSurvivors = {
  'lib/delivery/bisect.ts': {
    'const isRare = cleanCount * RARE_ONE_IN > subset.length;': BOUNDARY,
    'reactions[outcome].inferable && groups.length >= 1 ? [groups.flat()] : groups;':
      'a single group stays as it is',
  },
  'lib/delivery/evidence.ts': {
    'const hasPassedSince = (batch: BatchAttempts) => acceptedAt >= batch.firstFailedAt;': BOUNDARY,
    'failingShareOfOthers(batch) ** batch.failures <= UNLIKELY_TO_SUSPECT': CHANCE,
    'failingShareOfOthers(batch) ** failures <= UNLIKELY_IN_SEARCH,': CHANCE,
    'isBrownout: (batch: BatchAttempts): boolean => failingShareOfOthers(batch) > BROWNOUT_SHARE,': CHANCE,
    'return failures >= MIN_FAILURES_TO_TRIP && shareBefore ** failures <= UNLIKELY_TO_TRIP;': CHANCE,
  },
  'lib/delivery/in-flight.ts': {
    'if (false) return;': 'a caller that waits for a change looks once more',
  },
  'lib/delivery/judge.ts': {
    'if (!isRoomLeft && true) gate.tripForRefusals(rejection);': 'an open breaker stays as it is',
    'const isProven = evidence.acceptedAt() >= failedBefore && evidence.isWell(context.batch);': BOUNDARY,
    "const isSuspect = isProven || false || lot !== 'fresh';": 'what is kept comes back in a lot of its own',
    'if (false) return;': 'the dead letter of an event that is given up would only have another detail',
    'clock.now() - operation.queuedEvent.message.sentAt > maxEventAgeMs;': BOUNDARY,
    'const isKeptLongEnough = event.proven >= MIN_KEPT_TRIES && clock.now() - event.since > MIN_KEPT_MS;':
      BOUNDARY,
  },
  'lib/delivery/kept-events.ts': {
    'for (const kept of events.values()) if (kept.since > since) delete kept.dueAt;': BOUNDARY,
  },
  'lib/delivery/lot.ts': {
    'wellSince = now - illSince >= HOLD_MS ? now : Math.max(wellSince, gate.throttle().until);': BOUNDARY,
    'const isTogether = now - returnedAt <= TOGETHER_MS && together < MAX_TOGETHER;': BOUNDARY,
  },
  'lib/delivery/merge.ts': {
    'a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0,':
      'V8 sorts by whether this is below 0',
  },
  'lib/delivery/reactions.ts': {
    'inferable: false,': 'only what is refused or fails is searched for',
  },
  'lib/delivery/read-message.ts': {
    'if (clock.now() - message.sentAt > settings.maxEventAgeMs) return true;': BOUNDARY,
    'if (durationMs < MAX_READ_MS) return event;': BOUNDARY,
  },
  'lib/delivery/receiver.ts': {
    'if (batches.some((batch) => batch.length === 0)) break;': FASTER,
  },
  'lib/delivery/request.ts': {
    'let isExclusive = true;': 'the first event that is taken sets it',
    'isFull: () => isExclusive || operationCount >= MAX_OPERATIONS,': FASTER,
    "queuedEvent.operations.every(({ operation }) => operation.method === 'alias');": ONE_OPERATION,
    "aliasAlone && queuedEvents.every(isAlias) ? '/v1/alias' : '/v1/batch';": ONE_OPERATION,
  },
  'lib/delivery/status.ts': { 'const isThrottled = until >= now;': BOUNDARY },
};
