import { expect, test } from '@jest/globals';
import { createLatencyWindow } from '../../../../lib/local/console/latency-window.ts';
import { createQuotaReader } from '../../../../lib/local/console/quota-reader.ts';
import { createRateSeries } from '../../../../lib/local/console/rate-series.ts';

test('rates are counted by second, and those of the last ten minutes are kept', () => {
  const time = { now: 1_000_500 };
  const rates = createRateSeries(() => time.now);
  rates.count('accepted');
  rates.count('accepted');
  rates.count('delivered');
  expect(rates.since(0)).toEqual([{ second: 1_000, accepted: 2, delivered: 1 }]);
  time.now += 700_000;
  rates.count('delivered');
  expect(rates.since(0)).toEqual([{ second: 1_700, accepted: 0, delivered: 1 }]);
});

test('percentiles are of the last minute, and of nothing there are none', () => {
  const time = { now: 0 };
  const latencies = createLatencyWindow(() => time.now);
  expect(latencies.percentiles()).toBeNull();
  for (let ms = 1; ms <= 100; ms++) latencies.add(ms);
  time.now = 60_000;
  expect(latencies.percentiles()).toEqual({ p50Ms: 51, p99Ms: 100 });
  time.now = 60_001;
  expect(latencies.percentiles()).toBeNull();
});

test("the quota is as configured, then what Salesmachine's headers say, until its window is over", () => {
  const time = { now: 10_000 };
  const quota = createQuotaReader(600, () => time.now);
  const read = (headers: Record<string, string>) =>
    quota.read({ kind: 'response', status: 201, headers, body: '' });
  read({});
  expect(quota.usage()).toMatchObject({ limit: 600, remaining: 600 });
  read({ 'x-ratelimit-limit': '900', 'x-ratelimit-remaining': '880', 'x-ratelimit-reset': '20' });
  read({ 'retry-after': '5' });
  expect(quota.usage()).toEqual({ limit: 900, remaining: 880, resetsAt: 20_000 });
  time.now = 20_000;
  expect(quota.usage()).toMatchObject({ limit: 900, remaining: 900 });
});
