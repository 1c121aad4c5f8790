import { beforeAll, expect, test } from '@jest/globals';
import { plainRelay } from '../relays/plain-relay.ts';
import { type Result, simulate } from '../simulation.ts';
import { checkThreshold } from './thresholds.ts';

let results: Result[];

beforeAll(async () => {
  const result = await simulate(plainRelay, { segment: { events: 20, perSecond: 5 } }, 1);
  results = [
    { ...result, p99: 2_000, throttledShare: 0.001 },
    { ...result, p99: 4_000, throttledShare: 0.003 },
  ];
});

test('the worst of several runs counts', () => {
  expect(checkThreshold({ metric: 'p99', atMost: 3_000 }, results)).toMatchObject({
    value: '4.00 s',
    expected: '≤ 3.00 s',
    isMet: false,
  });
  expect(checkThreshold({ metric: 'p99', atLeast: 3_000 }, results)).toMatchObject({
    value: '2.00 s',
    expected: '≥ 3.00 s',
    isMet: false,
  });
});

test('a figure that is just reached is reached', () => {
  expect(checkThreshold({ metric: 'p99', atLeast: 2_000, atMost: 4_000 }, results).isMet).toBe(true);
});

test('a figure without a bound is the mean, and only shown', () => {
  expect(checkThreshold({ metric: 'throttled' }, results)).toMatchObject({
    value: '0.20 %',
    expected: '',
    isMet: true,
  });
});

test('a latency of nothing at all reaches no bound', () => {
  const nothing = results.map((result) => ({ ...result, p99: Number.NaN }));
  expect(checkThreshold({ metric: 'p99', atMost: 3_000 }, nothing).isMet).toBe(false);
});
