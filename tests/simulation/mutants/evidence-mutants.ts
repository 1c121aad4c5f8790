import { edited, type Mutant, replaceText, wrapped } from './mutant.ts';
import { onStatus } from './wrappers.ts';

/** Bugs in whose fault a failure is taken to be. */
export const evidenceMutants: readonly Mutant[] = [
  wrapped('a 2xx that is not known counts as a failure', 'answers-207', onStatus(207, { status: 500 })),
  wrapped('a passing conflict counts as a refusal', 'conflicts-409', onStatus(409, { status: 422 })),
  wrapped(
    'what some servers answer counts as a refusal of the data',
    'half-of-servers-reject',
    onStatus(401, { status: 422 }),
  ),
  edited(
    'chance is ignored',
    'brownout-50',
    replaceText('lib/delivery/evidence.ts', '** batch.failures < UNLIKELY_TO_SUSPECT', '< 2'),
  ),
  edited(
    'a ping closes the breaker',
    'batch-only-500-10m',
    replaceText('lib/delivery/gate.ts', 'breaker.onPingPassed(clock.now())', 'resume()'),
  ),
  {
    ...edited(
      'what has failed is probed before what has not',
      'only-bad-events',
      replaceText(
        'lib/delivery/backlog.ts',
        "['fresh', 'returned', 'alone']",
        "['alone', 'returned', 'fresh']",
      ),
      replaceText(
        'lib/delivery/gate.ts',
        'waiters.find(({ isRetry }) => !isRetry)',
        'waiters.find(({ isRetry }) => isRetry)',
      ),
    ),
    seed: 5,
  },
  edited(
    'more than five are given up though nothing else passes',
    'refuses-all-422-1',
    replaceText('lib/delivery/evidence.ts', 'MAX_UNPROVEN = 5', 'MAX_UNPROVEN = 8'),
  ),
  edited(
    "an operation that alone fails with a server's error is given up at once",
    'poison-500',
    replaceText(
      'lib/delivery/judge.ts',
      'if (event.failures < MIN_KEPT_TRIES) return false;',
      'return true;',
    ),
  ),
  edited(
    'what is kept costs more than a twentieth of the slots',
    'bad-events-500-many',
    replaceText('lib/delivery/kept-events.ts', 'SLOTS_PER_KEPT_REQUEST = 20', 'SLOTS_PER_KEPT_REQUEST = 2'),
  ),
  edited(
    'every 429 without a usable header waits a second',
    'quota-spent-none',
    replaceText('lib/delivery/backoff.ts', 'Math.min(60_000, 1_000 * 2 ** Math.min(throttles, 6))', '1_000'),
  ),
];
