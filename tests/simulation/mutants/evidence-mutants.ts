import { editSource, type Mutant, replaceText, wrapRelay } from './mutant.ts';
import { onStatus } from './wrappers.ts';

/** Bugs in whose fault a failure is taken to be. */
export const evidenceMutants: readonly Mutant[] = [
  wrapRelay('a 2xx that is not known counts as a failure', 'answers-207', onStatus(207, { status: 500 })),
  wrapRelay('a passing conflict counts as a refusal', 'conflicts-409', onStatus(409, { status: 422 })),
  wrapRelay(
    'what some servers answer counts as a refusal of the data',
    'half-of-servers-reject',
    onStatus(401, { status: 422 }),
  ),
  editSource(
    'chance is ignored',
    'brownout-50',
    replaceText('lib/delivery/evidence.ts', '** batch.failures < UNLIKELY_TO_SUSPECT', '< 2'),
  ),
  editSource(
    'a batch is suspected though no other one passes',
    'down-6-hours',
    replaceText('lib/delivery/evidence.ts', 'hasPassedSince(batch) &&', ''),
  ),
  editSource(
    'a ping closes the breaker',
    'batch-only-500-10m',
    replaceText('lib/delivery/gate.ts', 'breaker.onPingPassed(clock.now())', 'resume()'),
  ),
  {
    ...editSource(
      'what has failed is probed before what has not',
      'only-bad-events',
      replaceText('lib/delivery/backlog.ts', 'PROBES.map(', 'PROBES.toReversed().map('),
      replaceText(
        'lib/delivery/slot-line.ts',
        'waiters.find(({ isRetry }) => !isRetry)',
        'waiters.find(({ isRetry }) => isRetry)',
      ),
    ),
    seed: 11,
  },
  editSource(
    'more than five are given up though nothing else passes',
    'refuses-all-422-1',
    replaceText('lib/delivery/evidence.ts', 'MAX_UNPROVEN = 5', 'MAX_UNPROVEN = 8'),
  ),
  editSource(
    "an operation that alone fails with a server's error is given up at once",
    'flaky-events',
    replaceText(
      'lib/delivery/judge.ts',
      'if (event.failures < MIN_KEPT_TRIES) return false;',
      'return true;',
    ),
  ),
  editSource(
    'what is kept costs more than a twentieth of the slots',
    'bad-events-500',
    replaceText('lib/delivery/kept-events.ts', 'SLOTS_PER_KEPT_REQUEST = 20', 'SLOTS_PER_KEPT_REQUEST = 2'),
  ),
  editSource(
    'every 429 without a usable header waits a second',
    'quota-spent-none',
    replaceText('lib/delivery/backoff.ts', 'Math.min(60_000, 1_000 * 2 ** Math.min(throttles, 6))', '1_000'),
  ),
];
