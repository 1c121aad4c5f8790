import { expect, test } from '@jest/globals';
import { readDelivery } from '../../../lib/cli/stage/stage-delivery.ts';

const row = (time: string, fields: Record<string, string>) => ({
  '@timestamp': `2026-01-10 ${time}`,
  ...fields,
});
const at = (time: string) => Date.parse(`2026-01-10T${time}Z`);

const NOW = at('10:01:00.000');

const deliveredLine = (time: string) =>
  row(time, { message: 'request completed', outcome: 'delivered', remaining: '412' });
const failedLine = (time: string) =>
  row(time, { message: 'request completed', outcome: 'transient', status: '503', durationMs: '320' });
const pausedLine = (time: string, fields = {}) =>
  row(time, { message: 'delivery paused', cause: 'outage', probeInMs: '4000', ...fields });

test('a pause after the last delivery holds: its cause, since when, and the next try', () => {
  const rows = [
    pausedLine('10:00:30.000', { problem: 'Salesmachine answered 503: maintenance', status: '503' }),
    failedLine('10:00:29.900'),
    pausedLine('10:00:20.000'),
    failedLine('10:00:19.000'),
    deliveredLine('10:00:10.000'),
    pausedLine('09:59:00.000'),
  ];
  expect(readDelivery(rows, NOW)).toEqual({
    state: 'open',
    cause: 'outage',
    status: 503,
    text: 'Salesmachine answered 503: maintenance',
    lanes: null,
    since: at('10:00:20.000'),
    nextTryAt: at('10:00:34.000'),
    lastDeliveredAt: at('10:00:10.000'),
    lastRequestMs: 320,
    quotaRemaining: 412,
    retrying: null,
    failing: { requests: 2, since: at('10:00:19.000'), status: 503, text: null },
  });
});

test('a pause that says no status has that of the request before it', () => {
  expect(readDelivery([pausedLine('10:00:30.000'), failedLine('10:00:29.000')], NOW)).toMatchObject({
    state: 'open',
    status: 503,
    lastDeliveredAt: null,
  });
});

test('answers of 429 alone since the last delivery hold it, too', () => {
  const throttledLine = (time: string) =>
    row(time, { message: 'request completed', outcome: 'throttled', status: '429', durationMs: '40' });
  const rows = [throttledLine('10:00:30.000'), throttledLine('10:00:20.000'), deliveredLine('10:00:10.000')];
  expect(readDelivery(rows, NOW)).toMatchObject({
    cause: 'throttled',
    status: 429,
    since: at('10:00:20.000'),
    lastDeliveredAt: at('10:00:10.000'),
  });
  expect(readDelivery([deliveredLine('10:00:40.000'), ...rows], NOW)).toMatchObject({
    state: 'closed',
    cause: null,
  });
});

test('an answer of 429 of more than ten minutes ago holds nothing, though the log has no delivery since', () => {
  const row429 = row('09:49:00.000', { message: 'request completed', outcome: 'throttled', status: '429' });
  expect(readDelivery([row429], NOW)).toMatchObject({ state: 'closed', cause: null, since: null });
});

test('requests that failed since the last delivery are counted, before anything pauses', () => {
  const hangingLine = (time: string) =>
    row(time, {
      message: 'request completed',
      outcome: 'possibly_applied',
      problem: 'no answer within 10 s',
    });
  const rows = [
    hangingLine('10:00:50.000'),
    hangingLine('10:00:40.000'),
    hangingLine('10:00:30.000'),
    deliveredLine('10:00:10.000'),
    failedLine('10:00:05.000'),
  ];
  expect(readDelivery(rows, NOW)).toMatchObject({
    state: 'closed',
    cause: null,
    failing: { requests: 3, since: at('10:00:30.000'), status: null, text: 'no answer within 10 s' },
  });
});

test.each([
  ['a delivery', deliveredLine('10:00:40.000')],
  ['a line that says so', row('10:00:40.000', { message: 'delivery resumed', cause: 'outage' })],
])('after %s nothing is held', (_, end) => {
  expect(readDelivery([end, pausedLine('10:00:30.000')], NOW)).toMatchObject({
    state: 'closed',
    cause: null,
  });
});

test('nothing in the log: nothing is held', () => {
  expect(readDelivery([], NOW)).toMatchObject({ state: 'closed', cause: null, lastDeliveredAt: null });
});
