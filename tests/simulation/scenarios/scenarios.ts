import type { Threshold } from '../checks/thresholds.ts';
import { FATAL_KINDS } from '../models/fatal-messages.ts';
import { faultScopeScenarios } from './fault-scope-scenarios.ts';
import { scaleScenarios } from './scale-scenarios.ts';
import type { Scenario } from './scenario.ts';
import {
  apiDown,
  audience,
  credentialRejected,
  DAY,
  fatalEvents,
  flakyEvents,
  HOUR,
  halvedQuota,
  largeEvents,
  load,
  MINUTE,
  manyLinks,
  mixedFaults,
  mixedScopes,
  SECOND,
  SITE,
  sharedQuota,
  steadyLoad,
  withFailingEvents,
  withRejectedEvents,
  withReplay,
} from './worlds.ts';

/** What every run has to come to. */
export const commonThresholds: readonly Threshold[] = [
  { metric: 'left', atMost: 0 },
  { metric: 'refused', atMost: 0 },
];

const noDeadLetters: Threshold = { metric: 'deadLetters', atMost: 0 };

/** Of the runs with faults of every kind. */
const mixedThresholds: readonly Threshold[] = [
  { metric: 'drain', atMost: HOUR },
  { metric: 'duplicates' },
  { metric: 'deadLetters' },
  { metric: 'merged' },
];

const generalScenarios: readonly Scenario[] = [
  {
    name: '280-a-second',
    full: steadyLoad(280, HOUR),
    seeds: 1,
    smoke: steadyLoad(280, 30 * SECOND),
    thresholds: [
      { metric: 'rate', atLeast: 279, fullOnly: true },
      { metric: 'fullness', atLeast: 95, fullOnly: true },
      { metric: 'quota', atLeast: 0.95, atMost: 1 },
      { metric: 'throttled', atMost: 0.005 },
      { metric: 'p99', atMost: 5_000 },
      noDeadLetters,
    ],
  },
  {
    name: 'saturated',
    full: steadyLoad(400, HOUR),
    seeds: 1,
    smoke: steadyLoad(400, MINUTE),
    thresholds: [
      { metric: 'rate', atLeast: 285 },
      { metric: 'fullness', atLeast: 99 },
      { metric: 'quota', atLeast: 0.96 },
      noDeadLetters,
    ],
  },
  {
    name: 'slow-api-1s',
    full: steadyLoad(280, 10 * MINUTE, 1_000),
    seeds: 1,
    smoke: steadyLoad(280, 30 * SECOND, 1_000),
    thresholds: [
      { metric: 'rate', atLeast: 275, fullOnly: true },
      { metric: 'throttled', atMost: 0.005 },
      { metric: 'p99', atMost: 15_000 },
      noDeadLetters,
    ],
  },
  {
    name: 'slow-api-2s',
    full: steadyLoad(280, 10 * MINUTE, 2_000),
    seeds: 1,
    smoke: steadyLoad(280, 30 * SECOND, 2_000),
    thresholds: [
      { metric: 'rate', atLeast: 275, fullOnly: true },
      { metric: 'throttled', atMost: 0.005 },
      { metric: 'p99' },
      noDeadLetters,
    ],
  },
  {
    name: 'site-mix',
    full: { segment: load(120, 30 * MINUTE, { mix: SITE }) },
    seeds: 1,
    smoke: { segment: load(120, MINUTE, { mix: SITE }) },
    thresholds: [{ metric: 'p99', atMost: 5_000 }, { metric: 'merged' }, noDeadLetters],
  },
  {
    name: '100-a-second',
    full: steadyLoad(100, 3 * MINUTE),
    seeds: 20,
    smoke: steadyLoad(100, MINUTE),
    thresholds: [{ metric: 'p50', atMost: 1_000 }, { metric: 'p99', atMost: 2_000 }, noDeadLetters],
  },
  {
    name: '1-a-second',
    full: steadyLoad(1, HOUR),
    seeds: 20,
    smoke: steadyLoad(1, 20 * MINUTE),
    thresholds: [{ metric: 'p50', atMost: 700 }, { metric: 'p99' }, noDeadLetters],
  },
  {
    name: 'audience',
    full: audience(1_000_000),
    seeds: 1,
    smoke: audience(10_000),
    thresholds: [{ metric: 'lasted', atMost: HOUR }, { metric: 'rate', atLeast: 285 }, noDeadLetters],
  },
  {
    name: 'others-fixed-window',
    full: sharedQuota('fixed', 30, HOUR),
    seeds: 3,
    smoke: sharedQuota('fixed', 3, 30 * MINUTE),
    thresholds: [{ metric: 'throttled', atMost: 0.01 }, { metric: 'p99' }, noDeadLetters],
  },
  {
    name: 'others-sliding-window',
    full: sharedQuota('sliding', 30, HOUR),
    seeds: 3,
    smoke: sharedQuota('sliding', 3, 30 * MINUTE),
    thresholds: [{ metric: 'throttled', atMost: 0.035 }, { metric: 'p99' }, noDeadLetters],
  },
  {
    name: 'quota-halved',
    full: halvedQuota(100, HOUR),
    seeds: 1,
    smoke: halvedQuota(4, 20 * MINUTE),
    thresholds: [{ metric: 'throttled', atMost: 0.02 }, { metric: 'p99' }, noDeadLetters],
  },
  {
    name: 'down-6-hours',
    full: apiDown(100, 6 * HOUR),
    seeds: 1,
    smoke: apiDown(5, 70 * MINUTE),
    thresholds: [
      { metric: 'rate', atLeast: 285, fullOnly: true },
      { metric: 'idle', atMost: 150 },
      { metric: 'drain' },
      noDeadLetters,
    ],
  },
  {
    name: 'down-5-days',
    full: apiDown(1, 5 * DAY),
    seeds: 1,
    smoke: apiDown(0.005, 76 * HOUR),
    thresholds: [{ metric: 'idle', atMost: 150 }, { metric: 'drain' }, noDeadLetters],
  },
  {
    name: 'rejected-13-days',
    full: credentialRejected(0.1, 13 * DAY),
    seeds: 1,
    smoke: credentialRejected(0.002, DAY),
    thresholds: [{ metric: 'idle', atMost: 150 }, { metric: 'drain', atMost: 26 * MINUTE }, noDeadLetters],
  },
  // A 400 also costs pings.
  ...[
    { status: 422, mean: 8, worst: 12 },
    { status: 400, mean: 12, worst: 17 },
  ].map(({ status, mean, worst }) => ({
    name: `poison-${status}`,
    full: withRejectedEvents(10_000, status),
    seeds: 20,
    smoke: withRejectedEvents(8_000, status),
    thresholds: [
      { metric: 'searchMean', atMost: mean },
      { metric: 'searchWorst', atMost: worst },
      { metric: 'deadLetters' },
      { metric: 'p99' },
    ] satisfies Threshold[],
  })),
  {
    name: 'poison-500',
    full: withFailingEvents(10_000, 70 * MINUTE),
    seeds: 20,
    smoke: withFailingEvents(4_000, 70 * MINUTE),
    thresholds: [
      { metric: 'searchMean' },
      { metric: 'emptied', atMost: 2 * HOUR },
      { metric: 'deadLetters' },
    ],
    environment: { MAX_EVENT_AGE_HOURS: '1' },
  },
  {
    name: 'bulky',
    full: largeEvents(20_000),
    seeds: 3,
    smoke: largeEvents(3_000),
    thresholds: [{ metric: 'fullness' }, { metric: 'p99' }, noDeadLetters],
  },
  {
    name: 'account-links',
    full: manyLinks(20 * MINUTE),
    seeds: 3,
    smoke: manyLinks(MINUTE),
    thresholds: [{ metric: 'merged', atLeast: 400 }, { metric: 'p99', atMost: 5_000 }, noDeadLetters],
  },
  ...FATAL_KINDS.map(
    (kind): Scenario => ({
      name: `fatal-messages-${kind === 'hang' ? 'hang' : 'memory'}`,
      full: fatalEvents(50, 30 * MINUTE, 3, kind),
      seeds: 3,
      smoke: fatalEvents(20, 5 * MINUTE, 2, kind),
      thresholds: [
        { metric: 'p50', atMost: SECOND },
        { metric: 'p99', atMost: 5 * SECOND },
        { metric: 'slowest', atMost: 20 * MINUTE },
        { metric: 'deadLetters', atMost: 3 },
      ],
    }),
  ),
  {
    name: 'flaky-events',
    full: flakyEvents(20 * MINUTE),
    seeds: 3,
    smoke: flakyEvents(2 * MINUTE),
    thresholds: [{ metric: 'drain', atMost: 30 * MINUTE }, { metric: 'p99' }, noDeadLetters],
  },
  {
    name: 'replay',
    full: withReplay(20 * MINUTE, MINUTE, 100_000, 5_000),
    seeds: 1,
    smoke: {
      ...withReplay(90 * SECOND, 40 * SECOND, 2_000, 1_000),
      sqs: {
        faults: [
          { from: 45 * SECOND, until: 55 * SECOND, what: 'unsendable' },
          { chance: 0.04, what: 'partial' },
        ],
      },
      faultsEndAt: 90 * SECOND,
    },
    thresholds: [
      { metric: 'p99', atMost: 5_000, fullOnly: true },
      { metric: 'lasted', atMost: 21 * MINUTE },
      noDeadLetters,
    ],
  },
  {
    name: 'mixed-scopes',
    full: mixedScopes(1_000_000, 100, 10_000),
    seeds: 1,
    withinSeconds: 180,
    smoke: mixedScopes(7_200, 3, 400, { users: 500, perWebhook: 4 }),
    thresholds: mixedThresholds.map(({ metric }) => ({ metric })),
  },
  {
    name: 'mixed',
    full: mixedFaults(1_000_000, 100, 10_000),
    seeds: 1,
    withinSeconds: 180,
    smoke: mixedFaults(4_800, 2, 100, { users: 70, perWebhook: 4 }),
    thresholds: mixedThresholds,
  },
];

/** The table: what the relay has to reach. */
export const scenarios: readonly Scenario[] = [
  ...generalScenarios,
  ...faultScopeScenarios,
  ...scaleScenarios,
];
