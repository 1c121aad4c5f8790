import { expect, test } from '@jest/globals';
import { post, track } from '../../support/handle-request.ts';

const PII_MARKER = 'anna@example.com';

test('the log has the counts and nothing of the events', async () => {
  const { log } = await post([
    { type: 'identify', userId: 'u9', traits: { email: PII_MARKER } },
    { type: 'track', userId: PII_MARKER },
    track('u1'),
  ]);
  expect(log.lines).toMatchObject([
    { level: 'info', message: 'events queued', fields: { accepted: 2, deadLettered: 1, skipped: 0 } },
    { level: 'warn', message: 'dead letter written', fields: { reason: 'invalid_event', events: 1 } },
  ]);
  expect(JSON.stringify(log.lines)).not.toContain('anna');
});

test('the log says where a request came in, what let it in, and why an event of it cannot be used', async () => {
  const { log } = await post([track('u1'), { ...track('u2'), event: null }]);
  expect(log.lines).toMatchObject([
    { message: 'events queued', fields: { path: '/segment', credential: 'token 1', accepted: 1 } },
    {
      message: 'dead letter written',
      fields: { reason: 'invalid_event', problem: 'a track event needs a name, but event is null' },
    },
  ]);
});

test('of many events every one is counted and named, a hundred to a line', async () => {
  const events = Array.from({ length: 250 }, (_, index) => track(`u${index}`));
  const { log } = await post([
    ...events,
    ...Array.from({ length: 101 }, () => ({ type: 'screen', userId: 'u1' })),
  ]);
  expect(log.lines.map(({ message, fields }) => [message, fields.events, fields.messageIds?.length])).toEqual(
    [
      ['events queued', 100, 100],
      ['further events queued', 100, 100],
      ['further events queued', 50, 50],
      ['events skipped', 100, 0],
      ['events skipped', 1, 0],
    ],
  );
  expect(log.lines[0]?.fields).toMatchObject({ accepted: 250, skipped: 101 });
  expect(new Set(log.lines.flatMap(({ fields }) => fields.messageIds ?? [])).size).toBe(250);
});

test('the log says how long a request took', async () => {
  const { log, tookMs } = await post([track('u1')], { latencyMs: 30 });
  expect(tookMs).toBe(30);
  expect(log.lines[0]?.fields).toMatchObject({ durationMs: 30 });
});

test('a messageId that is a number is named, too', async () => {
  const { log } = await post([{ ...track('u1'), messageId: 7 }]);
  expect(log.lines[0]?.fields.messageIds).toEqual(['7']);
});
