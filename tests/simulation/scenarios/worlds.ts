import type { Spell } from '../models/fault-window.ts';
import { mishaps } from '../models/salesmachine-model.ts';
import type { Scenario } from '../simulation.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** So many events a second for so long; one track event a webhook, of 20,000 users, unless said. */
export const load = (
  perSecond: number,
  ms: number,
  others: Partial<Scenario['segment']> = {},
): Scenario['segment'] => ({
  events: Math.round((perSecond * ms) / SECOND),
  perSecond,
  ...others,
});

export const alone = (perSecond: number, ms: number, latencyMs = 300): Scenario => ({
  segment: load(perSecond, ms),
  salesmachine: { latencyMs },
});

/** As sites send it, by an example of Segment's. */
export const SITE = { track: 46.8, 'named page': 30, identify: 15, group: 8, alias: 0.2 };

/** Others spend the more of the quota the longer it lasts, up to 60 %. */
export const shared = (kind: 'fixed' | 'sliding', perSecond: number, ms: number): Scenario => ({
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

export const halved = (perSecond: number, ms: number): Scenario => ({
  segment: load(perSecond, ms),
  salesmachine: { limits: [{ from: ms / 4, what: 450 }] },
});

/** The API is down from the start, in one way after the other. The events come in arrays: it is their number that counts. */
export const down = (perSecond: number, ms: number): Scenario => ({
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

export const rejected = (perSecond: number, ms: number): Scenario => ({
  segment: load(perSecond, ms),
  salesmachine: { mishaps: [{ until: ms, what: mishaps.badCredential }] },
  faultsEndAt: ms,
});

export const audience = (users: number): Scenario => ({
  segment: { events: users, perSecond: 5_000, perWebhook: 100, users, skew: 0, mix: { identify: 1 } },
});

export const poisoned = (events: number, status: 400 | 422 | 500, users = 20_000): Scenario => ({
  segment: { events, perSecond: 100, users, poison: [{ oneIn: 1_000, status }] },
});

/** Events so large that the bytes of a request, not its operations, are what is scarce. */
export const bulky = (events: number): Scenario => ({
  segment: { events, perSecond: 120, bulk: 16_000, mix: { track: 8, identify: 2 }, perWebhook: 5 },
});

/** Operations that the API fails at for a while, alone; of few users, so that others wait behind them. */
export const ailing = (ms: number): Scenario => ({
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
export function mixed(
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
export const replaying = (ms: number, from: number, letters: number, poisonIn: number): Scenario => ({
  segment: load(100, ms, { poison: [{ oneIn: poisonIn, status: 422 }] }),
  salesmachine: { mendedAt: from },
  replay: { from, letters },
});
