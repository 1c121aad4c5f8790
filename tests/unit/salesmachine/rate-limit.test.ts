import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRetryAfterMs, readRemaining } from '../../../lib/salesmachine/rate-limit.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 0);
const inSeconds = (seconds: number) => NOW + seconds * 1_000;
const httpDate = (ms: number) => new Date(ms).toUTCString();

type Headers = Record<string, string>;

describe('after a 429, nothing is sent until', () => {
  test.each<[string, Headers, number]>([
    ['the reset in Unix seconds', { 'x-ratelimit-reset': `${inSeconds(120) / 1_000}` }, 120],
    ['the reset in Unix seconds with a fraction', { 'x-ratelimit-reset': `${inSeconds(7.5) / 1_000}` }, 7.5],
    ['the reset in Unix milliseconds', { 'x-ratelimit-reset': `${inSeconds(120)}` }, 120],
    ['the reset in seconds from now', { 'x-ratelimit-reset': '45' }, 45],
    ['the reset as an HTTP date', { 'x-ratelimit-reset': httpDate(inSeconds(33)) }, 33],
    ['the reset in ISO 8601', { 'x-ratelimit-reset': new Date(inSeconds(33)).toISOString() }, 33],
    ['Retry-After in seconds', { 'retry-after': '12' }, 12],
    ['Retry-After as an HTTP date', { 'retry-after': httpDate(inSeconds(30)) }, 30],
    ['Retry-After with spaces around it', { 'retry-after': ' 12 ' }, 12],
    ['the later of both', { 'retry-after': '12', 'x-ratelimit-reset': '45' }, 45],
    ['the later of both, whichever it is', { 'retry-after': '60', 'x-ratelimit-reset': '45' }, 60],
    [
      'the reset that a proxy has joined to itself',
      { 'x-ratelimit-reset': `${inSeconds(90) / 1_000}, ${inSeconds(90) / 1_000}` },
      90,
    ],
    ['the largest of joined values', { 'retry-after': '10, 20' }, 20],
    ['the sensible one of joined values', { 'retry-after': '99999999999999999999, 60' }, 60],
    ['the larger of joined durations', { 'retry-after': '10s, 2m0s' }, 120],
    ['joined HTTP dates', { 'retry-after': `${httpDate(inSeconds(30))}, ${httpDate(inSeconds(40))}` }, 40],
    ['a duration as Go writes it', { 'x-ratelimit-reset': '2m0s' }, 120],
    ['a duration of hours', { 'x-ratelimit-reset': '1h2m' }, 300],
    ['a duration with a fraction', { 'x-ratelimit-reset': '1m30.5s' }, 90.5],
    ['milliseconds by their unit', { 'retry-after': '90000ms' }, 90],
    ['seconds in words', { 'retry-after': '90 seconds' }, 90],
    ['minutes in words', { 'retry-after': '2 minutes' }, 120],
    ['an ISO 8601 duration', { 'retry-after': 'PT1M30S' }, 90],
    ['a value with parameters', { 'x-ratelimit-reset': '60;w=300' }, 60],
    ["the IETF draft's header", { 'ratelimit-reset': '120' }, 120],
    ["the IETF draft's structured header", { ratelimit: 'limit=900, remaining=0, reset=50' }, 50],
    ["the IETF draft's later structured header", { ratelimit: '"default";r=0;t=50' }, 50],
    ['a header with another hyphen', { 'x-rate-limit-reset': '70' }, 70],
    ['a header of one quota among several', { 'x-ratelimit-reset-requests': '1m0s' }, 60],
    ['a header that names its quota first', { 'x-ratelimit-requests-reset': '60' }, 60],
    ['a header that counts milliseconds', { 'retry-after-ms': '61000' }, 61],
    ['the reset, if Retry-After is garbage', { 'retry-after': 'soon', 'x-ratelimit-reset': '45' }, 45],
    ['the reset, if Retry-After is zero', { 'retry-after': '0', 'x-ratelimit-reset': '45' }, 45],
    ['the reset, if Retry-After has passed', { 'retry-after': '-5', 'x-ratelimit-reset': '45' }, 45],
    ['300 s at most', { 'x-ratelimit-reset': `${inSeconds(86_400) / 1_000}` }, 300],
    ['300 s at most, however it is said', { 'retry-after': '1e300' }, 300],
    ['1 s at least', { 'retry-after': '0.2' }, 1],
  ])('%s', (_, headers, seconds) => {
    expect(parseRetryAfterMs(headers, NOW)).toBe(seconds * 1_000);
  });

  test.each<[string, Headers]>([
    ['no header', {}],
    ['an empty one', { 'retry-after': '', 'x-ratelimit-reset': ' ' }],
    ['zero', { 'retry-after': '0' }],
    ['words', { 'retry-after': 'in a while', 'x-ratelimit-reset': 'NaN' }],
    ['a negative number', { 'retry-after': '-1', 'x-ratelimit-reset': '-1700000000' }],
    ['a reset in the past', { 'x-ratelimit-reset': `${inSeconds(-3_600) / 1_000}` }],
    ['a date in the past', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
    ['the limit and what remains', { 'x-ratelimit-limit': '900', 'x-ratelimit-remaining': '0' }],
    ['what is not about waiting', { 'x-retry-after-all': '', age: '30', 'x-reset': '30' }],
  ])('a moment that the headers do not tell, with %s', (_, headers) => {
    expect(parseRetryAfterMs(headers, NOW)).toBeUndefined();
  });

  test.each([-7_200, -90, 90, 7_200])(
    "the server's own time, whose clock is %i s beside ours",
    (skewSeconds) => {
      const theirNow = inSeconds(skewSeconds);
      const date = httpDate(theirNow);
      const resets = [
        `${(theirNow + 60_000) / 1_000}`,
        `${theirNow + 60_000}`,
        httpDate(theirNow + 60_000),
        '60',
      ];
      for (const reset of resets) {
        expect(parseRetryAfterMs({ date, 'x-ratelimit-reset': reset }, NOW)).toBe(60_000);
        expect(parseRetryAfterMs({ date, 'retry-after': reset }, NOW)).toBe(60_000);
      }
    },
  );

  test('our own time, if the server tells none that can be read', () => {
    const headers = { date: 'yesterday', 'x-ratelimit-reset': `${inSeconds(60) / 1_000}` };
    expect(parseRetryAfterMs(headers, NOW)).toBe(60_000);
  });

  test('between 1 and 300 s have passed, if the headers say anything', () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.date().map(String),
      fc.constant('Infinity'),
    );
    const headers = fc.dictionary(fc.constantFrom('retry-after', 'x-ratelimit-reset', 'date'), garbage);
    fc.assert(
      fc.property(headers, (given) => {
        const wait = parseRetryAfterMs(given, NOW);
        return wait === undefined || (wait >= 1_000 && wait <= 300_000);
      }),
    );
  });
});

test.each<[Headers, number | undefined]>([
  [{ 'x-ratelimit-remaining': '17' }, 17],
  [{ 'x-ratelimit-remaining': '0' }, 0],
  [{ 'x-ratelimit-remaining': '' }, undefined],
  [{ 'x-ratelimit-remaining': 'many' }, undefined],
  [{ 'x-ratelimit-remaining': 'Infinity' }, undefined],
  [{}, undefined],
])('of %j, %p requests remain', (headers, remaining) => {
  expect(readRemaining(headers)).toBe(remaining);
});

describe('a date joined with another header by a proxy', () => {
  test.each([
    ['as HTTP has it', 'Thu, 01 Jan 2026 00:01:30 GMT'],
    ['with the day written out', 'Thursday, 01-Jan-26 00:01:30 GMT'],
    ['of one digit, without a zone', 'Thu, 1 Jan 2026 00:01:30'],
    ['in UTC', 'Thu, 01 Jan 2026 00:01:30 UTC'],
  ])('%s is read as one', (_, date) => {
    const now = Date.UTC(2026, 0, 1);
    expect(parseRetryAfterMs({ 'retry-after': `${date}, 5` }, now)).toBe(90_000);
    expect(parseRetryAfterMs({ 'retry-after': `5, ${date}` }, now)).toBe(90_000);
  });
});

test.each<[string, number | undefined]>([
  ['1500 milliseconds', 1_500],
  ['2000 millis', 2_000],
  [' 7 ', 7_000],
  ['1m30s', 90_000],
  ['PT1M', 60_000],
  ['about 90s', undefined],
  ['90s or so', undefined],
])('"%s" to wait is %p ms', (text, ms) => {
  expect(parseRetryAfterMs({ 'retry-after': text }, NOW)).toBe(ms);
});

test.each(['x-ratelimit-resets', 'my-retry-after', 'x-ratelimit-limit', 'age'])(
  'a header named %s says nothing about a wait',
  (name) => {
    expect(parseRetryAfterMs({ [name]: '30' }, NOW)).toBeUndefined();
  },
);
