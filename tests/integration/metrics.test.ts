import { expect, test } from '@jest/globals';
import { type MetricName, toMetrics } from '../../lib/telemetry/metrics.ts';
import type { LogLine } from '../support/log.ts';
import { startTestRelay } from '../support/relay.ts';

/** The sum of a metric over the lines, or of those with the value in its dimension. */
function sumOf(lines: readonly LogLine[], wanted: MetricName, value?: string): number {
  return lines
    .flatMap(({ message, fields }) => toMetrics(message, fields).map((metric) => ({ ...metric, fields })))
    .filter(({ name, dimension, fields }) => name === wanted && (dimension && fields[dimension]) === value)
    .reduce((sum, { value }) => sum + value, 0);
}

test('the metrics of a run add up to what happened', async () => {
  const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '100000' });
  relay.fakeSalesmachine?.reject('coupon');
  const track = (user: number, properties = {}) => ({
    type: 'track',
    userId: `u${user}`,
    event: 'Clicked',
    messageId: `m${user}`,
    properties,
  });
  await relay.post('/segment', [
    ...Array.from({ length: 150 }, (_, user) => track(user)),
    track(150, { coupon: 'A' }),
    { type: 'track', userId: 'u151' },
    { type: 'screen', userId: 'u152' },
    { type: 'screen', userId: 'u153' },
  ]);
  await relay.post('/segment', track(0), { authorization: 'Bearer wrong' });
  const state = await relay.drained();
  const { requests } = await relay.state();
  await relay.stop();

  const sum = (name: MetricName, dimension?: string) => sumOf(relay.lines, name, dimension);
  expect(sum('Accepted')).toBe(151);
  expect(sum('Delivered')).toBe(150);
  expect(state.events).toHaveLength(150);
  expect(sum('DeadLettered', 'invalid_event')).toBe(1);
  expect(sum('DeadLettered', 'rejected')).toBe(1);
  expect(sum('Skipped', 'screen')).toBe(2);
  expect(sum('AuthenticationFailures', 'wrong_credential')).toBe(1);
  expect(sum('Released')).toBe(0);
  expect(sum('OldestUndeliveredAge')).toBe(0);
  expect(sum('UnexpectedErrors')).toBe(0);
  expect(sum('EventsPerRequest')).toBe(150);
  expect(sum('OperationsPerRequest')).toBe(150);
  // What was asked, and what was answered: pings are requests, too.
  expect(sum('Requests')).toBe(requests);
  const outcomes = ['delivered', 'ambiguous', 'rejected'].map((outcome) => sum('RequestsByOutcome', outcome));
  expect(outcomes.reduce((all, count) => all + count)).toBe(requests);
});
