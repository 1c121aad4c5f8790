import type { Threshold } from '../checks/thresholds.ts';
import type { World } from '../simulation.ts';
import type { Scenario } from './scenario.ts';
import { load, MINUTE, SECOND } from './worlds.ts';

/** The most that `LANES` may be. */
const LANES = 10;

/** A bit more than a multiple of Salesmachine's quota allows, in arrays. */
function saturateQuota(times: number, lasts: Record<'full' | 'smoke', number>): Omit<Scenario, 'thresholds'> {
  const requests = 900 * times;
  const createWorld = (ms: number): World => ({
    segment: load(300 * times, ms, { perWebhook: 100 }),
    salesmachine: { latencyMs: 300, quota: { requests, windowMs: 5 * MINUTE, kind: 'fixed' } },
    lanes: LANES,
  });
  return {
    name: `quota-${times}-times`,
    full: createWorld(lasts.full),
    seeds: 1,
    smoke: createWorld(lasts.smoke),
    environment: { RATE_LIMIT_REQUESTS: String(requests), LANES: String(LANES) },
  };
}

const always: readonly Threshold[] = [
  { metric: 'throttled', atMost: 0.005 },
  { metric: 'deadLetters', atMost: 0 },
];

/** What the relay makes of a quota that is a multiple of today's. */
export const scaleScenarios: readonly Scenario[] = [
  {
    ...saturateQuota(10, { full: 5 * MINUTE, smoke: 8 * SECOND }),
    thresholds: [
      { metric: 'rate' },
      { metric: 'fullness', atLeast: 99, fullOnly: true },
      { metric: 'quota', atLeast: 0.96, fullOnly: true },
      ...always,
    ],
  },
  // Ten lanes cannot spend it: the rate is what they reach.
  {
    ...saturateQuota(100, { full: 30 * SECOND, smoke: SECOND / 2 }),
    thresholds: [
      { metric: 'rate', atLeast: 3_500, fullOnly: true },
      { metric: 'fullness' },
      { metric: 'quota' },
      ...always,
    ],
  },
];
