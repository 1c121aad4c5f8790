import { expect, test } from '@jest/globals';
import { makeSample, SAMPLES } from '../../../../lib/local/console/samples.ts';
import { checkEvent } from '../../../../lib/mapping/map-event.ts';
import { DEFAULT_MAPPING } from '../../../support/mapping-settings.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const make = (sample: (typeof SAMPLES)[number], count = 1) =>
  makeSample(sample, count, { now: Date.UTC(2026, 0, 1), random: seededRandom(1, 'samples') });

test('each sample is taken but the screen, which is skipped, and the bad one', () => {
  const kinds = SAMPLES.map((sample) => [
    sample,
    [...new Set(make(sample, 100).map((event) => checkEvent(event, DEFAULT_MAPPING).kind))],
  ]);
  expect(Object.fromEntries(kinds)).toEqual({
    ...Object.fromEntries(SAMPLES.map((sample) => [sample, ['event']])),
    screen: ['skipped'],
    bad: ['invalid'],
  });
});

test('of 40 events, each fifth has the coupon that the fake can be told to refuse', () => {
  const coupons = make('coupons').map((event) => JSON.stringify(event).includes('"coupon":"SPRING"'));
  expect(coupons).toHaveLength(40);
  expect(coupons.filter(Boolean)).toHaveLength(8);
});

test('a burst has as many events as are wanted, each with a messageId of its own', () => {
  expect(new Set(make('burst', 1_000).map(({ messageId }) => messageId)).size).toBe(1_000);
});
