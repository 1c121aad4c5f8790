import { expect, test } from '@jest/globals';
import { estimateDuration } from '../../../lib/cli/dlq/estimate-duration.ts';
import { DEFAULT_MAPPING } from '../../support/mapping-settings.ts';

const settings = {
  quota: { requests: 900, windowSeconds: 300, share: 1, lanes: 2 },
  mapping: DEFAULT_MAPPING,
} as const;

test.each([
  ['its own rate', { wouldReplay: 1_000, operations: 1_000, aliases: 0 }, 1_000 / 100],
  [
    'the quota, if each event is a full request',
    { wouldReplay: 10, operations: 100_000, aliases: 0 },
    1_000 / 3,
  ],
  [
    'the quota, with a request for each alias',
    { wouldReplay: 1_000, operations: 1_000, aliases: 1_000 },
    1_000 / 3,
  ],
])('a replay takes as long as %s allows', (_what, report, seconds) => {
  expect(estimateDuration(report, 100, settings)).toBeCloseTo(seconds);
});

test('the quota is only the share of it that the relay may use', () => {
  const half = { ...settings, quota: { ...settings.quota, share: 0.5 } };
  const report = { wouldReplay: 10, operations: 100_000, aliases: 0 };
  expect(estimateDuration(report, 100, half)).toBeCloseTo(2_000 / 3);
});

test('aliases that are sent in the batch share a request', () => {
  const inBatch = { ...settings, mapping: { ...settings.mapping, alias: 'batch' } } as const;
  const report = { wouldReplay: 100, operations: 100, aliases: 100 };
  expect(estimateDuration(report, 1_000, inBatch)).toBeCloseTo(1 / 3);
});
