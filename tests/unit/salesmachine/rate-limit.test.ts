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
    ['Retry-After, if both are there', { 'retry-after': '12', 'x-ratelimit-reset': '45' }, 12],
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
    ['words', { 'retry-after': 'in a while', 'x-ratelimit-reset': 'NaN' }],
    ['a list', { 'x-ratelimit-reset': '10, 20' }],
    ['a negative number', { 'retry-after': '-1', 'x-ratelimit-reset': '-1700000000' }],
    ['a reset in the past', { 'x-ratelimit-reset': `${inSeconds(-3_600) / 1_000}` }],
    ['a date in the past', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
  ])('a second has passed, with %s', (_, headers) => {
    expect(parseRetryAfterMs(headers, NOW)).toBe(1_000);
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

  test('between 1 and 300 s have passed, whatever the headers say', () => {
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
        return wait >= 1_000 && wait <= 300_000;
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
