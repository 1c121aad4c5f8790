import type { JsonObject } from '../../runtime/json.ts';
import type { Random } from '../../runtime/random.ts';

export const SAMPLES = [
  'identify',
  'track',
  'page',
  'group',
  'alias',
  'screen',
  'audience',
  'bad',
  'coupons',
  'burst',
] as const;

export type Sample = (typeof SAMPLES)[number];

type Maker = { now: number; random: Random };

const FIRST_NAMES = [
  'Ada',
  'Grace',
  'Alan',
  'Edsger',
  'Barbara',
  'Donald',
  'Frances',
  'Tim',
  'Radia',
  'Leslie',
];
const LAST_NAMES = ['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Allen', 'Lee', 'Perlman'];
const COMPANIES = ['Acme', 'Globex', 'Initech', 'Umbrella', 'Hooli'];
const PLANS = ['free', 'team', 'business'];
const EVENTS = [
  'Order Completed',
  'Report Exported',
  'Teammate Invited',
  'Search Performed',
  'Coupon Applied',
];
const PAGES = ['Pricing', 'Home', 'Docs', 'Settings'];

/** Users of a burst: many, so that their events can travel side by side. */
const BURST_USERS = 500;

/** Every fifth of 40 events has the attribute that the console can have the fake refuse. */
const COUPON_COUNT = 40;
const COUPON_EVERY = 5;

/** The events of a sample, as Segment would send them; `count` of a burst. */
export function makeSample(sample: Sample, count: number, maker: Maker): JsonObject[] {
  switch (sample) {
    case 'coupons':
      return Array.from({ length: COUPON_COUNT }, (_, index) =>
        makeTrack(maker, index % COUPON_EVERY === 0 ? { coupon: 'SPRING' } : {}),
      );
    case 'burst':
      return Array.from({ length: count }, (_, index) => makeBurstEvent(index, maker));
    default:
      return [single[sample](maker)];
  }
}

const single: Record<Exclude<Sample, 'coupons' | 'burst'>, (maker: Maker) => JsonObject> = {
  identify: makeIdentify,
  track: (maker) => makeTrack(maker),
  page: (maker) => ({
    ...makeEnvelope('page', maker),
    name: pick(PAGES, maker),
    properties: { url: 'https://shop.example/pricing', path: '/pricing', title: 'Pricing' },
  }),
  group: makeGroup,
  alias: (maker) => ({
    ...makeEnvelope('alias', maker),
    previousId: `anonymous-${Math.floor(maker.random() * 1_000)}`,
  }),
  screen: (maker) => ({ ...makeEnvelope('screen', maker), name: 'Home' }),
  audience: (maker) => ({
    ...makeEnvelope('identify', maker),
    traits: { order_completed_last_30_days: true },
    context: {
      personas: {
        computation_class: 'audience',
        computation_key: 'order_completed_last_30_days',
        namespace: 'spa_demo',
        space_id: 'spa_demo',
      },
    },
  }),
  // A track event without the name that Segment's spec requires.
  bad: (maker) => ({ ...makeEnvelope('track', maker), properties: { revenue: 9.5 } }),
};

/** Mostly track events, some updates, a link to an account now and then. */
function makeBurstEvent(index: number, maker: Maker): JsonObject {
  if (index % 20 === 0) return makeIdentify(maker);
  return index % 50 === 1 ? makeGroup(maker) : makeTrack(maker);
}

function makeIdentify(maker: Maker): JsonObject {
  const firstName = pick(FIRST_NAMES, maker);
  const lastName = pick(LAST_NAMES, maker);
  return {
    ...makeEnvelope('identify', maker),
    traits: {
      firstName,
      lastName,
      email: `${firstName}.${lastName}@example.com`.toLowerCase(),
      plan: pick(PLANS, maker),
      address: { city: 'Paris', country: 'France' },
    },
  };
}

const makeTrack = (maker: Maker, properties: JsonObject = {}): JsonObject => ({
  ...makeEnvelope('track', maker),
  event: pick(EVENTS, maker),
  properties: { revenue: Math.round(maker.random() * 20_000) / 100, currency: 'EUR', ...properties },
});

function makeGroup(maker: Maker): JsonObject {
  const company = pick(COMPANIES, maker);
  return {
    ...makeEnvelope('group', maker),
    groupId: company.toLowerCase(),
    traits: { name: company, website: `https://${company.toLowerCase()}.example`, seats: 3 },
  };
}

const makeEnvelope = (type: string, { now, random }: Maker): JsonObject => ({
  type,
  messageId: `demo-${Math.floor(random() * 2 ** 52).toString(36)}`,
  userId: `user-${Math.floor(random() * BURST_USERS)}`,
  timestamp: new Date(now).toISOString(),
});

function pick(items: readonly string[], { random }: Maker): string {
  return items[Math.floor(random() * items.length)] ?? '';
}
