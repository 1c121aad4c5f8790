import type { FatalKind } from '../models/fatal-messages.ts';
import type { FaultWindow } from '../models/fault-window.ts';
import { type ApiFault, apiFaults } from '../models/salesmachine-model.ts';
import type { World } from '../simulation.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** So many events a second for so long; one track event a webhook, of 20,000 users, unless said. */
export const load = (
  perSecond: number,
  ms: number,
  others: Partial<World['segment']> = {},
): World['segment'] => ({
  events: Math.round((perSecond * ms) / SECOND),
  perSecond,
  ...others,
});

export const steadyLoad = (perSecond: number, ms: number, latencyMs = 300): World => ({
  segment: load(perSecond, ms),
  salesmachine: { latencyMs },
});

/** As sites send it, by an example of Segment's. */
export const SITE = { track: 46.8, 'named page': 30, identify: 15, group: 8, alias: 0.2 };

/** Others spend the more of the quota the longer it lasts, up to 60 %. */
export const sharedQuota = (kind: 'fixed' | 'sliding', perSecond: number, ms: number): World => ({
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

export const halvedQuota = (perSecond: number, ms: number): World => ({
  segment: load(perSecond, ms),
  salesmachine: { limits: [{ from: ms / 4, what: 450 }] },
});

/**
 * The API is down from the start, in one way after the other. The events come in arrays: it is their number that
 * counts.
 */
export const apiDown = (perSecond: number, ms: number): World => ({
  segment: load(perSecond, ms, { perWebhook: 10 }),
  salesmachine: {
    faults: [
      { until: ms / 3, what: apiFaults.refused },
      { from: ms / 3, until: (2 * ms) / 3, what: apiFaults.serverError },
      { from: (2 * ms) / 3, until: ms, what: apiFaults.hangBefore },
    ],
  },
  faultsEndAt: ms,
});

export const credentialRejected = (perSecond: number, ms: number): World => ({
  segment: load(perSecond, ms),
  salesmachine: { faults: [{ until: ms, what: apiFaults.badCredential }] },
  faultsEndAt: ms,
});

export const audience = (users: number): World => ({
  segment: { events: users, perSecond: 5_000, perWebhook: 100, users, skew: 0, mix: { identify: 1 } },
});

export const withRejectedEvents = (events: number, status: number): World => ({
  segment: { events, perSecond: 100, users: 20_000, rejectedEvents: [{ oneIn: 1_000, status }] },
});

/**
 * A few users' bad events, one behind the other. Traffic goes on until they are old enough to be given up: where nothing
 * else passes, it may be the API.
 */
export const withFailingEvents = (events: number, untilMs: number): World => ({
  segment: {
    events,
    perSecond: 100,
    users: 100,
    rejectedEvents: [{ oneIn: 1_000, status: 500 }],
    afterwards: load(1, untilMs),
  },
});

/** Events so large that the bytes of a request, not its operations, are what is scarce. */
export const largeEvents = (events: number): World => ({
  segment: { events, perSecond: 120, bulk: 16_000, mix: { track: 8, identify: 2 }, perWebhook: 5 },
});

/** Each user's group events, of several accounts, come together. */
export const manyLinks = (ms: number): World => ({
  segment: load(60, ms, {
    burst: 5,
    perWebhook: 10,
    mix: { group: 6, identify: 2, track: 2 },
    disorderMs: MINUTE,
  }),
});

/** A few messages that kill whatever worker reads them, or keep it busy for a minute, until they are dead letters. */
export const fatalEvents = (perSecond: number, ms: number, count: number, kind: FatalKind): World => ({
  segment: load(perSecond, ms, {
    fatalEvents: { oneIn: Math.floor((perSecond * ms) / SECOND / count), kind },
  }),
  drainMs: 14 * DAY,
});

/** Operations that the API fails at for a while, alone; of few users, so that others wait behind them. */
export const flakyEvents = (ms: number): World => ({
  segment: load(50, ms, { users: 100, flakyEvents: { oneIn: 500, ms: 5 * MINUTE } }),
});

/** The same window again in every period of the run. */
const repeatEvery = <What>(
  periodMs: number,
  ms: number,
  window: Required<Pick<FaultWindow<What>, 'from' | 'until'>> & FaultWindow<What>,
) =>
  Array.from({ length: Math.ceil(ms / periodMs) }, (_, part) => ({
    ...window,
    from: window.from + part * periodMs,
    until: window.until + part * periodMs,
  }));

/** After so long the faults repeat. */
const PERIOD_MS = 40 * MINUTE;

/** Every kind of fault, by chance or for a while, until the last event has come; then none. */
export function mixedFaults(
  events: number,
  perSecond: number,
  rejectedOneIn: number,
  others: Partial<World['segment']> = {},
): World {
  const ms = (events / perSecond) * SECOND;
  const hourly = <What>(minute: number, minutes: number, what: What, chance = 1) =>
    repeatEvery(PERIOD_MS, ms, { from: minute * MINUTE, until: (minute + minutes) * MINUTE, what, chance });
  return {
    segment: {
      ...load(perSecond, ms),
      arrival: 'poisson',
      duplicates: 0.01,
      disorderMs: MINUTE,
      mix: SITE,
      rejectedEvents: [
        { oneIn: rejectedOneIn, status: 422 },
        { oneIn: 2 * rejectedOneIn, status: 400 },
      ],
      ...others,
    },
    salesmachine: {
      faults: [
        ...hourly(2, 2, apiFaults.refused),
        ...hourly(5, 2, apiFaults.badCredential),
        ...hourly(8, 1, apiFaults.html),
        ...hourly(10, 1, apiFaults.notFound),
        ...hourly(12, 1, apiFaults.badCredentialAs400),
        ...hourly(14, 1, apiFaults.maintenance),
        { chance: 0.01, what: apiFaults.serverError },
        { chance: 0.005, what: apiFaults.errorAfter },
        { chance: 0.005, what: apiFaults.resetBefore },
        { chance: 0.005, what: apiFaults.resetAfter },
        { chance: 0.005, what: apiFaults.hangBefore },
        { chance: 0.005, what: apiFaults.hangAfter },
      ],
      others: hourly(16, 6, 0.7),
      limits: hourly(23, 4, 300),
    },
    sqs: {
      faults: [
        ...hourly(27, 3, 'no_dead_letters' as const),
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

/** The same, and faults that say nothing of whom they are about. */
export function mixedScopes(...parameters: Parameters<typeof mixedFaults>): World {
  const world = mixedFaults(...parameters);
  const [events, perSecond, rejectedOneIn] = parameters;
  const ms = (events / perSecond) * SECOND;
  const hourly = (minute: number, what: ApiFault, others: Partial<FaultWindow<ApiFault>> = {}) =>
    repeatEvery(PERIOD_MS, ms, {
      from: minute * MINUTE,
      until: (minute + 1) * MINUTE,
      what,
      path: '/v1/batch',
      ...others,
    });
  return {
    ...world,
    segment: {
      ...world.segment,
      burst: 2,
      afterwards: load(perSecond / 10, 3 * HOUR),
      rejectedEvents: [
        ...(world.segment.rejectedEvents ?? []),
        { oneIn: 5 * rejectedOneIn, status: 403 },
        { oneIn: 5 * rejectedOneIn, status: 200 },
      ],
      conflicts: { oneIn: 1_000, status: 409 },
    },
    salesmachine: {
      ...world.salesmachine,
      headers: 'forms',
      faults: [
        ...hourly(33, apiFaults.serverError),
        ...hourly(34.5, apiFaults.refusesData),
        ...hourly(36, apiFaults.badCredential, { chance: 0.5 }),
        ...hourly(37.5, apiFaults.hangBefore),
        ...(world.salesmachine?.faults ?? []),
        { path: '/v1/ping', chance: 0.05, what: apiFaults.serverError },
        { chance: 0.01, what: apiFaults.multiStatus },
        { chance: 0.01, what: apiFaults.nonAuthoritative },
      ],
    },
  };
}

/** Live events, while an operator replays old dead letters and those of events that were refused just now. */
export const withReplay = (ms: number, from: number, deadLetters: number, rejectedOneIn: number): World => ({
  segment: load(100, ms, { rejectedEvents: [{ oneIn: rejectedOneIn, status: 422 }] }),
  salesmachine: { fixedAt: from },
  replay: { from, deadLetters },
});
