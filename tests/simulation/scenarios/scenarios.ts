import type { Environment } from '../../../lib/config/config.ts';
import type { Figure } from '../checks/thresholds.ts';
import type { Scenario } from '../simulation.ts';
import {
  ailing,
  alone,
  audience,
  bulky,
  DAY,
  down,
  HOUR,
  halved,
  load,
  MINUTE,
  mixed,
  poisoned,
  rejected,
  replaying,
  SECOND,
  SITE,
  shared,
} from './worlds.ts';

/** What the relay has to come to in one kind of world. */
export type Trial = {
  name: string;
  whole: Scenario;
  /** How many seeds the whole one runs with: 1, 2, … */
  seeds: number;
  /** The same in small, with every invariant and the figures that do not need the time. */
  brief: Scenario;
  figures: readonly Figure[];
  /** Processor seconds that each of the whole runs may take. */
  withinSeconds?: number;
  /** Settings of the relay that differ from the defaults. */
  environment?: Environment;
};

/** What every run has to come to. */
export const always: readonly Figure[] = [
  { measure: 'left', atMost: 0 },
  { measure: 'refused', atMost: 0 },
];

const noDeadLetters: Figure = { measure: 'deadLetters', atMost: 0 };

/** The table: what the relay is to reach. */
export const trials: readonly Trial[] = [
  {
    name: '280-a-second',
    whole: alone(280, HOUR),
    seeds: 1,
    brief: alone(280, MINUTE),
    figures: [
      { measure: 'rate', atLeast: 279, needsTime: true },
      { measure: 'fullness', atLeast: 95, needsTime: true },
      { measure: 'quota', atLeast: 0.95, atMost: 1 },
      { measure: 'throttled', atMost: 0.005 },
      { measure: 'p99', atMost: 5_000 },
      noDeadLetters,
    ],
  },
  {
    name: 'saturated',
    whole: alone(400, HOUR),
    seeds: 1,
    brief: alone(400, MINUTE),
    figures: [
      { measure: 'rate', atLeast: 285 },
      { measure: 'fullness', atLeast: 99 },
      { measure: 'quota', atLeast: 0.96 },
      noDeadLetters,
    ],
  },
  {
    name: 'slow-api-1s',
    whole: alone(280, 10 * MINUTE, 1_000),
    seeds: 1,
    brief: alone(280, MINUTE, 1_000),
    figures: [
      { measure: 'rate', atLeast: 275, needsTime: true },
      { measure: 'throttled', atMost: 0.005 },
      { measure: 'p99', atMost: 15_000 },
      noDeadLetters,
    ],
  },
  {
    name: 'slow-api-2s',
    whole: alone(280, 10 * MINUTE, 2_000),
    seeds: 1,
    brief: alone(280, MINUTE, 2_000),
    figures: [
      { measure: 'rate', atLeast: 275, needsTime: true },
      { measure: 'throttled', atMost: 0.005 },
      { measure: 'p99' },
      noDeadLetters,
    ],
  },
  {
    name: 'site-mix',
    whole: { segment: load(120, 30 * MINUTE, { mix: SITE }) },
    seeds: 1,
    brief: { segment: load(120, 2 * MINUTE, { mix: SITE }) },
    figures: [{ measure: 'p99', atMost: 5_000 }, { measure: 'merged' }, noDeadLetters],
  },
  {
    name: '100-a-second',
    whole: alone(100, 3 * MINUTE),
    seeds: 20,
    brief: alone(100, MINUTE),
    figures: [{ measure: 'p50', atMost: 1_000 }, { measure: 'p99', atMost: 2_000 }, noDeadLetters],
  },
  {
    name: '1-a-second',
    whole: alone(1, HOUR),
    seeds: 20,
    brief: alone(1, 20 * MINUTE),
    figures: [{ measure: 'p50', atMost: 700 }, { measure: 'p99' }, noDeadLetters],
  },
  {
    name: 'audience',
    whole: audience(1_000_000),
    seeds: 1,
    brief: audience(20_000),
    figures: [{ measure: 'lasted', atMost: HOUR }, { measure: 'rate', atLeast: 285 }, noDeadLetters],
  },
  {
    name: 'others-fixed-window',
    whole: shared('fixed', 30, HOUR),
    seeds: 3,
    brief: shared('fixed', 10, 30 * MINUTE),
    figures: [{ measure: 'throttled', atMost: 0.01 }, { measure: 'p99' }, noDeadLetters],
  },
  {
    name: 'others-sliding-window',
    whole: shared('sliding', 30, HOUR),
    seeds: 3,
    brief: shared('sliding', 10, 30 * MINUTE),
    figures: [{ measure: 'throttled', atMost: 0.035 }, { measure: 'p99' }, noDeadLetters],
  },
  {
    name: 'quota-halved',
    whole: halved(100, HOUR),
    seeds: 1,
    brief: halved(15, 20 * MINUTE),
    figures: [{ measure: 'throttled', atMost: 0.02 }, { measure: 'p99' }, noDeadLetters],
  },
  {
    name: 'down-6-hours',
    whole: down(100, 6 * HOUR),
    seeds: 1,
    brief: down(5, 70 * MINUTE),
    figures: [
      { measure: 'rate', atLeast: 285, needsTime: true },
      { measure: 'idle', atMost: 150 },
      { measure: 'drain' },
      noDeadLetters,
    ],
  },
  {
    name: 'down-5-days',
    whole: down(1, 5 * DAY),
    seeds: 1,
    brief: down(0.02, 5 * DAY),
    figures: [{ measure: 'idle', atMost: 150 }, { measure: 'drain' }, noDeadLetters],
  },
  {
    name: 'rejected-13-days',
    whole: rejected(0.1, 13 * DAY),
    seeds: 1,
    brief: rejected(0.005, 13 * DAY),
    figures: [{ measure: 'idle', atMost: 150 }, { measure: 'drain', atMost: 26 * MINUTE }, noDeadLetters],
  },
  ...([422, 400] as const).map((status) => ({
    name: `poison-${status}`,
    whole: poisoned(10_000, status),
    seeds: 20,
    brief: poisoned(8_000, status),
    figures: [
      { measure: 'searchMean', atMost: 12 },
      { measure: 'searchWorst', atMost: 17 },
      { measure: 'deadLetters' },
      { measure: 'p99' },
    ] satisfies Figure[],
  })),
  {
    name: 'poison-500',
    whole: poisoned(10_000, 500, 100),
    seeds: 20,
    brief: poisoned(8_000, 500, 100),
    figures: [
      { measure: 'searchMean' },
      { measure: 'emptied', atLeast: HOUR, atMost: 2 * HOUR },
      { measure: 'deadLetters' },
    ],
    environment: { MAX_EVENT_AGE_HOURS: '1' },
  },
  {
    name: 'bulky',
    whole: bulky(20_000),
    seeds: 3,
    brief: bulky(3_000),
    figures: [{ measure: 'fullness' }, { measure: 'p99' }, noDeadLetters],
  },
  {
    name: 'ailing',
    whole: ailing(20 * MINUTE),
    seeds: 3,
    brief: ailing(2 * MINUTE),
    figures: [{ measure: 'drain', atMost: 30 * MINUTE }, { measure: 'p99' }, noDeadLetters],
  },
  {
    name: 'replay',
    whole: replaying(20 * MINUTE, MINUTE, 100_000, 5_000),
    seeds: 1,
    brief: {
      ...replaying(90 * SECOND, 40 * SECOND, 2_000, 1_000),
      sqs: {
        troubles: [
          { from: 45 * SECOND, until: 55 * SECOND, what: 'unsendable' },
          { chance: 0.04, what: 'partial' },
        ],
      },
      faultsEndAt: 90 * SECOND,
    },
    figures: [
      { measure: 'p99', atMost: 5_000, needsTime: true },
      { measure: 'lasted', atMost: 21 * MINUTE },
      noDeadLetters,
    ],
  },
  {
    name: 'mixed',
    whole: mixed(1_000_000, 100, 10_000),
    seeds: 1,
    withinSeconds: 180,
    brief: mixed(7_200, 3, 100, { users: 100, perWebhook: 4 }),
    figures: [
      { measure: 'drain', atMost: HOUR },
      { measure: 'duplicates' },
      { measure: 'deadLetters' },
      { measure: 'merged' },
    ],
  },
];
