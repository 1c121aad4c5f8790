import type { Threshold } from '../checks/thresholds.ts';
import { type ApiFault, apiFaults } from '../models/salesmachine-model.ts';
import {
  badEvents,
  batchOnlyOutage,
  brownout,
  halfOfServersReject,
  oddSuccess,
  onlyBadEvents,
  passingConflicts,
  pingsFail,
  quotaSpentByOthers,
} from './fault-scope-worlds.ts';
import type { Scenario } from './scenario.ts';
import { HOUR, MINUTE, SECOND } from './worlds.ts';

const noDeadLetters: Threshold = { metric: 'deadLetters', atMost: 0 };

/** Events per second that the quota allows, at 100 an operation, with the relay's share of it. */
const QUOTA_PER_SECOND = 291;

/** 30 s, a third of the outage, and the time in which its backlog is worked off beside what comes. */
const recoveryMs = (perSecond: number, ms: number) =>
  30 * SECOND + ms / 3 + (perSecond * ms) / (QUOTA_PER_SECOND - perSecond);

const SEEDS = 5;

/** One event in 1,000 is answered with an error for what it contains. The others must not notice. */
const badEventScenarios = [400, 422, 403, 406, 404, 402, 415, 200].map(
  (status): Scenario => ({
    name: `bad-events-${status === 200 ? 'html-200' : status}`,
    full: badEvents(100, 30 * MINUTE, 1_000, status),
    // The others are told apart from 403 only by people.
    seeds: [400, 403, 422].includes(status) ? SEEDS : 1,
    smoke: badEvents(100, MINUTE, 500, status, 30 * MINUTE),
    thresholds: [
      { metric: 'p50' },
      { metric: 'p99', atMost: 6 * SECOND },
      { metric: 'pause', atMost: 10 * SECOND },
      { metric: 'searchMean', ...([400, 422].includes(status) && { atMost: 12 }) },
      { metric: 'kept', atMost: 0.05 },
      { metric: 'deadLetters' },
    ],
  }),
);

/** The same with 500, so that they are kept until they are too old: some two hundred, and twice as many. */
const keptEventScenarios = [
  { name: 'bad-events-500', perSecond: 100, oneIn: 1_000, ms: 30 * MINUTE },
  { name: 'bad-events-500-many', perSecond: 30, oneIn: 300, ms: HOUR },
].map(
  ({ name, perSecond, oneIn, ms }): Scenario => ({
    name,
    full: badEvents(perSecond, ms, oneIn, 500, 8 * ms),
    seeds: SEEDS,
    smoke: badEvents(perSecond, 2 * MINUTE, oneIn, 500, 3 * ms),
    thresholds: [
      { metric: 'p50' },
      { metric: 'p99', atMost: 6 * SECOND },
      { metric: 'pause', atMost: 10 * SECOND },
      { metric: 'searchMean' },
      { metric: 'kept', atMost: 0.05 },
      { metric: 'deadLetters' },
    ],
    environment: { MAX_EVENT_AGE_HOURS: String((2 * ms) / HOUR) },
  }),
);

const outages: { name: string; perSecond: number; ms: number; what: ApiFault }[] = [
  { name: '500-1m', perSecond: 100, ms: MINUTE, what: apiFaults.serverError },
  { name: '500-10m', perSecond: 100, ms: 10 * MINUTE, what: apiFaults.serverError },
  { name: '500-1h', perSecond: 1, ms: HOUR, what: apiFaults.serverError },
  { name: 'hang-1m', perSecond: 100, ms: MINUTE, what: apiFaults.hangBefore },
  { name: 'hang-10m', perSecond: 100, ms: 10 * MINUTE, what: apiFaults.hangBefore },
  { name: '404-10m', perSecond: 100, ms: 10 * MINUTE, what: apiFaults.notFound },
  { name: '402-10m', perSecond: 100, ms: 10 * MINUTE, what: apiFaults.payment },
  { name: '401-10m', perSecond: 100, ms: 10 * MINUTE, what: apiFaults.badCredential },
];

/** `/v1/batch` fails while pings pass. */
const outageScenarios = outages.map(
  ({ name, perSecond, ms, what }): Scenario => ({
    name: `batch-only-${name}`,
    full: batchOnlyOutage(perSecond, ms, what),
    seeds: SEEDS,
    smoke: batchOnlyOutage(perSecond / 20, Math.min(ms, 10 * MINUTE), what),
    thresholds: [
      { metric: 'firstMinute', atMost: 40 },
      { metric: 'hourly', atMost: 250 },
      { metric: 'resumed' },
      { metric: 'recovered', atMost: recoveryMs(perSecond, ms) },
      noDeadLetters,
    ],
  }),
);

/** Operations a request without any fault at 100 events a second; see the scenario of that name. */
const USUAL_FULLNESS = 34;

const brownouts = [
  { percent: 10, p99: 3 * SECOND },
  { percent: 30, p99: 6 * SECOND },
  { percent: 50, p99: 20 * SECOND },
].map(
  ({ percent, p99 }): Scenario => ({
    name: `brownout-${percent}`,
    full: brownout(100, 10 * MINUTE, percent / 100),
    seeds: SEEDS,
    smoke: brownout(100, MINUTE, percent / 100),
    thresholds: [
      { metric: 'p50' },
      { metric: 'p99', atMost: p99 },
      { metric: 'fullness', atLeast: 0.95 * USUAL_FULLNESS },
      { metric: 'splits', atMost: 0 },
      noDeadLetters,
    ],
  }),
);

const refusals: { name: string; perSecond: number; what: ApiFault }[] = [
  { name: '422-1', perSecond: 1, what: apiFaults.refusesData },
  { name: '400-1', perSecond: 1, what: apiFaults.refusesDataAs400 },
  { name: '422-100', perSecond: 100, what: apiFaults.refusesData },
  { name: '400-100', perSecond: 100, what: apiFaults.refusesDataAs400 },
];

/** Everything is refused as bad data for an hour. */
const refusalScenarios = refusals.map(
  ({ name, perSecond, what }): Scenario => ({
    name: `refuses-all-${name}`,
    full: batchOnlyOutage(perSecond, HOUR, what),
    seeds: perSecond === 1 ? SEEDS : 2,
    smoke: batchOnlyOutage(Math.min(perSecond, 5), 10 * MINUTE, what),
    thresholds: [
      { metric: 'deadLetters', atMost: 10 },
      { metric: 'hourly' },
      { metric: 'resumed', ...(perSecond === 1 && { atMost: MINUTE }) },
      { metric: 'recovered', atMost: recoveryMs(perSecond, HOUR) },
    ],
  }),
);

/** Whose fault is it? What the relay is to reach where the status of an answer says nothing of whom it is about. */
export const faultScopeScenarios: readonly Scenario[] = [
  ...badEventScenarios,
  ...keptEventScenarios,
  ...outageScenarios,
  ...brownouts,
  {
    name: 'brownout-30-saturated',
    full: brownout(250, 10 * MINUTE, 0.3),
    seeds: SEEDS,
    smoke: brownout(250, 30 * SECOND, 0.3),
    thresholds: [
      { metric: 'outageRate', atLeast: 0.95 * 0.7 * QUOTA_PER_SECOND, fullOnly: true },
      { metric: 'splits' },
      { metric: 'p99' },
      noDeadLetters,
    ],
  },
  ...refusalScenarios,
  {
    name: 'half-of-servers-reject',
    full: halfOfServersReject(100, 5 * MINUTE),
    seeds: SEEDS,
    smoke: halfOfServersReject(50, MINUTE),
    thresholds: [{ metric: 'p50' }, { metric: 'p99', atMost: 30 * SECOND }, noDeadLetters],
  },
  ...([409, 423] as const).map(
    (status): Scenario => ({
      name: `conflicts-${status}`,
      full: passingConflicts(100, 10 * MINUTE, status),
      seeds: SEEDS,
      smoke: passingConflicts(100, MINUTE, status),
      thresholds: [
        { metric: 'p99', atMost: 3 * SECOND, fullOnly: true },
        { metric: 'splits', atMost: 0 },
        noDeadLetters,
      ],
    }),
  ),
  ...[apiFaults.multiStatus, apiFaults.nonAuthoritative].map(
    (what): Scenario => ({
      name: `answers-${what.status}`,
      full: oddSuccess(100, 5 * MINUTE, what),
      seeds: SEEDS,
      smoke: oddSuccess(100, MINUTE, what),
      thresholds: [{ metric: 'p99', atMost: 2 * SECOND }, { metric: 'duplicates', atMost: 0 }, noDeadLetters],
    }),
  ),
  {
    name: 'only-bad-events',
    full: onlyBadEvents(20),
    seeds: SEEDS,
    smoke: onlyBadEvents(20),
    thresholds: [
      { metric: 'p99', atMost: MINUTE },
      { metric: 'lastGivenUp', atMost: 15 * MINUTE },
      { metric: 'deadLetters', atLeast: 20, atMost: 20 },
    ],
  },
  {
    name: 'pings-fail',
    full: pingsFail(100, 10 * MINUTE),
    seeds: SEEDS,
    smoke: pingsFail(100, MINUTE),
    thresholds: [{ metric: 'p99', atMost: 2 * SECOND }, noDeadLetters],
  },
  ...(
    [
      { headers: 'forms', throttled: 0.01 },
      { headers: 'skewed', throttled: 0.03 },
      { headers: 'none', throttled: 0.03 },
      { headers: 'garbage', throttled: 0.03 },
    ] as const
  ).map(
    ({ headers, throttled }): Scenario => ({
      name: `quota-spent-${headers}`,
      full: quotaSpentByOthers(50, HOUR, headers),
      seeds: SEEDS,
      smoke: quotaSpentByOthers(5, 20 * MINUTE, headers),
      thresholds: [{ metric: 'throttled', atMost: throttled }, { metric: 'p99' }, noDeadLetters],
    }),
  ),
];
