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
