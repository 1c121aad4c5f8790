import type { Environment } from '../../lib/config.ts';
import type { Figure } from './figures.ts';
import { mishaps } from './salesmachine-model.ts';
import type { Spell } from './spell.ts';
import type { Scenario } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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

/** So many events a second for so long; one track event a webhook, of 20,000 users, unless said. */
const load = (
  perSecond: number,
  ms: number,
  others: Partial<Scenario['segment']> = {},
): Scenario['segment'] => ({
  events: Math.round((perSecond * ms) / SECOND),
  perSecond,
  ...others,
});

const alone = (perSecond: number, ms: number, latencyMs = 300): Scenario => ({
  segment: load(perSecond, ms),
  salesmachine: { latencyMs },
});

/** As sites send it, by an example of Segment's. */
const SITE = { track: 46.8, 'named page': 30, identify: 15, group: 8, alias: 0.2 };

/** Others spend the more of the quota the longer it lasts, up to 60 %. */
const shared = (kind: 'fixed' | 'sliding', perSecond: number, ms: number): Scenario => ({
  segment: load(perSecond, ms),
  salesmachine: {
    quota: { requests: 900, windowMs: 300_000, kind },
    others: [0.2, 0.4, 0.6].map((what, third) => ({
      from: (third * ms) / 3,
      until: ((third + 1) * ms) / 3,
      what,
    })),
  },
});

const halved = (perSecond: number, ms: number): Scenario => ({
  segment: load(perSecond, ms),
  salesmachine: { limits: [{ from: ms / 4, what: 450 }] },
});

/** The API is down from the start, in one way after the other. The events come in arrays: it is their number that counts. */
const down = (perSecond: number, ms: number): Scenario => ({
  segment: load(perSecond, ms, { perWebhook: 10 }),
  salesmachine: {
    mishaps: [
      { until: ms / 3, what: mishaps.refused },
      { from: ms / 3, until: (2 * ms) / 3, what: mishaps.serverError },
      { from: (2 * ms) / 3, until: ms, what: mishaps.hangBefore },
    ],
  },
  faultsEndAt: ms,
});

const rejected = (perSecond: number, ms: number): Scenario => ({
  segment: load(perSecond, ms),
  salesmachine: { mishaps: [{ until: ms, what: mishaps.badCredential }] },
  faultsEndAt: ms,
});

const audience = (users: number): Scenario => ({
  segment: { events: users, perSecond: 5_000, perWebhook: 100, users, skew: 0, mix: { identify: 1 } },
});

const poisoned = (events: number, status: 400 | 422 | 500, users = 20_000): Scenario => ({
  segment: { events, perSecond: 100, users, poison: [{ oneIn: 1_000, status }] },
});

/** Events so large that the bytes of a request, not its operations, are what is scarce. */
const bulky = (events: number): Scenario => ({
  segment: { events, perSecond: 120, bulk: 16_000, mix: { track: 8, identify: 2 }, perWebhook: 5 },
});

/** Operations that the API fails at for a while, alone; of few users, so that others wait behind them. */
const ailing = (ms: number): Scenario => ({
  segment: load(50, ms, { users: 100, ailing: { oneIn: 500, ms: 5 * MINUTE } }),
});

/** The same spell again in every part of the run. */
const every = <What>(
  periodMs: number,
  ms: number,
  spell: Required<Pick<Spell<What>, 'from' | 'until'>> & Spell<What>,
) =>
  Array.from({ length: Math.ceil(ms / periodMs) }, (_, part) => ({
    ...spell,
    from: spell.from + part * periodMs,
    until: spell.until + part * periodMs,
  }));

/** Everything goes wrong, now and then or for a while, until the events have come; then there is peace. */
function mixed(
  events: number,
  perSecond: number,
  poisonIn: number,
  others: Partial<Scenario['segment']> = {},
): Scenario {
  const ms = (events / perSecond) * SECOND;
  const hourly = <What>(minute: number, minutes: number, what: What, chance = 1) =>
    every(40 * MINUTE, ms, { from: minute * MINUTE, until: (minute + minutes) * MINUTE, what, chance });
  return {
    segment: {
      ...load(perSecond, ms),
      arrival: 'poisson',
      duplicates: 0.01,
      disorderMs: MINUTE,
      mix: SITE,
      poison: [
        { oneIn: poisonIn, status: 422 },
        { oneIn: 2 * poisonIn, status: 400 },
      ],
      ...others,
    },
    salesmachine: {
      mishaps: [
        ...hourly(2, 2, mishaps.refused),
        ...hourly(5, 2, mishaps.badCredential),
        ...hourly(8, 1, mishaps.html),
        ...hourly(10, 1, mishaps.notFound),
        ...hourly(12, 1, mishaps.badCredentialAs400),
        ...hourly(14, 1, mishaps.maintenance),
        { chance: 0.01, what: mishaps.serverError },
        { chance: 0.005, what: mishaps.errorAfter },
        { chance: 0.005, what: mishaps.resetBefore },
        { chance: 0.005, what: mishaps.resetAfter },
        { chance: 0.005, what: mishaps.hangBefore },
        { chance: 0.005, what: mishaps.hangAfter },
      ],
      others: hourly(16, 6, 0.7),
      limits: hourly(23, 4, 300),
    },
    sqs: {
      troubles: [
        ...hourly(27, 3, 'no_letters' as const),
        ...hourly(31, 1, 'refused' as const, 0.9),
        { chance: 0.003, what: 'refused' },
        { chance: 0.003, what: 'lost' },
        { chance: 0.04, what: 'partial' },
        { chance: 0.005, what: 'slow' },
        { chance: 0.05, what: 'short' },
      ],
    },
    lambda: [
      { chance: 0.01, what: 'crash' },
      { chance: 0.005, what: 'throttle' },
      { chance: 0.005, what: 'garbled' },
      { chance: 0.01, what: 'restart' },
    ],
    ingestCrashes: [{ chance: 0.002, what: 'crash' }],
    faultsEndAt: ms,
  };
}

/** Live events, while somebody replays letters from long ago and those of events that were refused just now. */
const replaying = (ms: number, from: number, letters: number, poisonIn: number): Scenario => ({
  segment: load(100, ms, { poison: [{ oneIn: poisonIn, status: 422 }] }),
  salesmachine: { mendedAt: from },
  replay: { from, letters },
});

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
