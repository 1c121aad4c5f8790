import { describe, expect, test } from '@jest/globals';
import { CONNECTION_REFUSED, LOST, PII_MARKER, runAttempt } from '../../support/attempt.ts';
import { createQueuedEvent, createResponse, OK, track } from '../../support/delivery.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

describe('the log of requests', () => {
  const requestLines = (lines: Awaited<ReturnType<typeof runAttempt>>['lines']) =>
    lines.filter(({ message }) => message === 'request completed');

  test('has one line for each request, with what it carried and what came of it', async () => {
    const { lines } = await runAttempt([
      createResponse(429, '', { 'x-ratelimit-remaining': '0' }),
      CONNECTION_REFUSED,
      OK,
    ]);
    const common = { path: '/v1/batch', operations: 2, events: 2, durationMs: 100 };
    expect(requestLines(lines)).toMatchObject([
      {
        level: 'warn',
        fields: { ...common, outcome: 'throttled', status: 429, remaining: 0, oldestAgeMs: 0 },
      },
      { level: 'warn', fields: { ...common, outcome: 'transient', error: 'ECONNREFUSED' } },
      { level: 'info', fields: { ...common, outcome: 'delivered', status: 201 } },
    ]);
  });

  test('says how old the oldest of its events is', async () => {
    const now = createVirtualTime().now();
    const queuedEvents = [5_000, 9_000, 1_000].map((age) =>
      createQueuedEvent(track(`user ${age}`), { sentAt: now - age }),
    );
    const { lines } = await runAttempt([OK], { queuedEvents });
    expect(requestLines(lines).map(({ fields }) => fields['oldestAgeMs'])).toEqual([9_000]);
  });

  test('says of a request that was lost, and of no other, that it may be a duplicate', async () => {
    const { lines } = await runAttempt([LOST, createResponse(500), OK]);
    expect(
      requestLines(lines).map(({ fields: { mayBeDuplicated, cause } }) => [mayBeDuplicated, cause]),
    ).toEqual([
      [true, 'answer_lost'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  test('quotes neither the events nor what Salesmachine quotes of them', async () => {
    const refusal = createResponse(422, { error: `contact ${PII_MARKER} is unknown` });
    const { lines, result } = await runAttempt([createResponse(500, PII_MARKER), refusal]);
    expect(JSON.stringify([lines, result])).not.toMatch(/anna|example\.com/);
    expect(lines.length).toBeGreaterThan(0);
  });
});
