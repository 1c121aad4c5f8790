import type { Random } from '../../../lib/runtime/random.ts';
import { pick } from '../../support/seeded-random.ts';
import type { QuotaState } from './quota-model.ts';

/**
 * What the headers of a 429 are like:
 * - `documented`: as Salesmachine's documentation has them
 * - `forms`: each time another of the forms that APIs and gateways are known to use
 * - `skewed`: by a clock that is wrong
 * - `garbage`: nothing that makes sense
 * - `none`: no header
 */
export type HeaderStyle = 'documented' | 'forms' | 'skewed' | 'garbage' | 'none';

export type RateLimitHeaders = {
  headers: Record<string, string>;
  /** The moment before which they forbid requests; 0 if they name none. */
  waitUntil: number;
};

type Moment = { state: QuotaState; now: number; random: Random };
type Headers = Record<string, string>;

const secondsLeft = ({ state, now }: Moment) => Math.max(1, Math.ceil((state.resetAt - now) / 1_000));
const resetSeconds = ({ state }: Moment) => Math.ceil(state.resetAt / 1_000);

const formatDocumented = ({ state }: Moment, reset: number): Headers => ({
  'x-ratelimit-limit': String(state.limit),
  'x-ratelimit-remaining': String(state.remaining),
  'x-ratelimit-reset': String(reset),
});

/** True ways to say the same. */
const forms = [
  (moment) => formatDocumented(moment, resetSeconds(moment)),
  (moment) => ({ 'x-ratelimit-reset': `${resetSeconds(moment)}, ${resetSeconds(moment)}` }),
  (moment) => ({ 'x-ratelimit-reset': formatDuration(secondsLeft(moment)) }),
  (moment) => ({ 'x-ratelimit-reset': `${secondsLeft(moment)}s` }),
  (moment) => ({ 'x-ratelimit-reset': String(resetSeconds(moment) * 1_000) }),
  (moment) => ({ 'x-ratelimit-reset': `${secondsLeft(moment)}.0` }),
  (moment) => ({ 'x-ratelimit-reset': new Date(resetSeconds(moment) * 1_000).toISOString() }),
  (moment) => ({ 'ratelimit-reset': String(secondsLeft(moment)) }),
  (moment) => ({ 'x-rate-limit-reset': String(resetSeconds(moment)) }),
  (moment) => ({ 'x-ratelimit-reset-after': String(secondsLeft(moment)) }),
  (moment) => ({
    ratelimit: `"default";r=0;t=${secondsLeft(moment)}`,
    'ratelimit-policy': '"default";q=900;w=300',
  }),
  (moment) => ({ ratelimit: `limit=${moment.state.limit}, remaining=0, reset=${secondsLeft(moment)}` }),
  (moment) => ({ 'retry-after': String(secondsLeft(moment)) }),
  (moment) => ({ 'retry-after': `1, ${secondsLeft(moment)}` }),
  (moment) => ({ 'retry-after': new Date(resetSeconds(moment) * 1_000).toUTCString() }),
  (moment) => ({ 'retry-after-ms': String(secondsLeft(moment) * 1_000) }),
  (moment) => ({ 'retry-after': '1', 'x-ratelimit-reset': String(resetSeconds(moment)) }),
] as const satisfies readonly ((moment: Moment) => Headers)[];

const garbage = [
  { 'x-ratelimit-reset': 'soon' },
  { 'x-ratelimit-reset': '-1' },
  { 'x-ratelimit-reset': '99999999999999999999' },
  { 'x-ratelimit-reset': '' },
  { 'retry-after': 'NaN' },
  { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' },
] as const satisfies readonly Headers[];

const CLOCK_ERRORS = [-7_200, -30, 30, 7_200] as const;

const byStyle: Record<HeaderStyle, (moment: Moment) => RateLimitHeaders> = {
  documented: (moment) => ({
    headers: formatDocumented(moment, resetSeconds(moment)),
    waitUntil: moment.state.resetAt,
  }),
  forms: (moment) => ({ headers: pick(moment.random, forms)(moment), waitUntil: moment.state.resetAt }),
  skewed: (moment) => ({
    headers: formatDocumented(moment, resetSeconds(moment) + pick(moment.random, CLOCK_ERRORS)),
    waitUntil: 0,
  }),
  garbage: ({ random }) => ({ headers: pick<Headers>(random, garbage), waitUntil: 0 }),
  none: () => ({ headers: {}, waitUntil: 0 }),
};

/** The headers of a 429, true and otherwise. */
export const rateLimitHeaders = (style: HeaderStyle, moment: Moment): RateLimitHeaders =>
  byStyle[style](moment);

/** As Go prints a duration: `2m0s`. */
const formatDuration = (seconds: number) =>
  seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
