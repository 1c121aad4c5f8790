import { type ApiFault, apiFaults } from '../models/salesmachine-model.ts';
import type { World } from '../simulation.ts';
import { HOUR, load, MINUTE } from './worlds.ts';

/**
 * One event in so many is answered with this status for what it contains; 200 and 403 with a page. Then the traffic
 * goes down for so long, so that what is kept still has others to be compared with.
 */
export const badEvents = (
  perSecond: number,
  ms: number,
  oneIn: number,
  status: number,
  afterwardsMs = 4 * HOUR,
): World => ({
  segment: load(perSecond, ms, {
    rejectedEvents: [{ oneIn, status }],
    afterwards: load(0.5, afterwardsMs),
  }),
});

/** `/v1/batch` fails for so long, after two minutes of peace and before five more; pings pass. */
export function batchOnlyOutage(perSecond: number, ms: number, what: ApiFault): World {
  const outage = { from: 2 * MINUTE, until: 2 * MINUTE + ms };
  return {
    segment: load(perSecond, outage.until + 5 * MINUTE),
    salesmachine: { faults: [{ ...outage, path: '/v1/batch', what }] },
    faultsEndAt: outage.until,
    outage,
  };
}

/** A part of the batches fails by chance, as long as events come. */
export const brownout = (perSecond: number, ms: number, chance: number): World => ({
  segment: load(perSecond, ms),
  salesmachine: { faults: [{ path: '/v1/batch', chance, what: apiFaults.serverError }] },
  faultsEndAt: ms,
  outage: { from: 0, until: ms },
});

/** Half of the API's servers do not know the credential for so long, after a minute of peace. */
export function halfOfServersReject(perSecond: number, ms: number): World {
  const outage = { from: MINUTE, until: MINUTE + ms };
  return {
    segment: load(perSecond, outage.until + MINUTE),
    salesmachine: { faults: [{ ...outage, chance: 0.5, what: apiFaults.badCredential }] },
    faultsEndAt: outage.until,
    outage,
  };
}

/** One operation in 100 meets a conflict, once. */
export const passingConflicts = (perSecond: number, ms: number, status: 409 | 423): World => ({
  segment: load(perSecond, ms, { conflicts: { oneIn: 100, status } }),
});

export const oddSuccess = (perSecond: number, ms: number, what: ApiFault): World => ({
  segment: load(perSecond, ms),
  salesmachine: { faults: [{ what }] },
});

/** Bad events come, one a minute, and at last a good one. */
export const onlyBadEvents = (count: number): World => ({
  segment: {
    events: count + 1,
    perSecond: 1 / 60,
    users: 1_000,
    skew: 0,
    rejectedFirst: { count, status: 422 },
  },
});

/** Others spend the whole quota for five minutes in every twenty; the 429s say when to go on in one way or another. */
export const quotaSpentByOthers = (
  perSecond: number,
  ms: number,
  headers: NonNullable<World['salesmachine']>['headers'] & string,
): World => ({
  segment: load(perSecond, ms),
  salesmachine: {
    headers,
    others: Array.from({ length: Math.ceil(ms / (20 * MINUTE)) }, (_, part) => ({
      from: (20 * part + 5) * MINUTE,
      until: (20 * part + 10) * MINUTE,
      what: 1,
    })),
  },
  faultsEndAt: ms,
});

/** Pings fail while everything else works. */
export const pingsFail = (perSecond: number, ms: number): World => ({
  segment: load(perSecond, ms),
  salesmachine: { faults: [{ path: '/v1/ping', what: apiFaults.serverError }] },
  faultsEndAt: ms,
});
