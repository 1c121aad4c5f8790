import { describe, expect, test } from '@jest/globals';
import { createBatchAttempts } from '../../../lib/delivery/evidence.ts';
import { toLaneStatus } from '../../../lib/delivery/status.ts';
import { createLaneParts, createResponse, fakeSalesmachine, OK, START } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

function createLane() {
  const time = createVirtualTime(START);
  const salesmachine = fakeSalesmachine(time, () => OK);
  const parts = createLaneParts({ salesmachine, clock: time, random: () => 0.5, log: recordingLog() });
  const { gate, kept } = parts;
  const batch = createBatchAttempts();
  return {
    time,
    kept,
    status: () => toLaneStatus(parts, time.now()),
    pass: (ms: number) => time.run(time.now() + ms),
    accept: () =>
      gate.recordOutcome({
        outcome: 'delivered',
        result: createResponse(201, '', { 'x-ratelimit-remaining': '0' }),
        detail: '',
        batch,
      }),
    throttle: () =>
      gate.recordOutcome({
        outcome: 'throttled',
        result: createResponse(429, '', { 'retry-after': '60' }),
        detail: '',
      }),
    fail() {
      const result = createResponse(503);
      const detail = 'Salesmachine answered 503: down';
      for (let failures = 0; failures < 20; failures += 1)
        gate.recordOutcome({ outcome: 'transient', result, detail, batch: createBatchAttempts() });
    },
  };
}

const NOTHING = { cause: null, status: null, text: null, since: null, nextTryAt: null };
const NO_RETRIES = { messages: 0, nextAt: null };

describe('a lane says of itself', () => {
  test('that nothing holds delivery, and that it has not delivered yet', () => {
    expect(createLane().status()).toEqual({
      state: 'closed',
      ...NOTHING,
      lastDeliveredAt: null,
      quotaRemaining: null,
      retrying: NO_RETRIES,
    });
  });

  test('when it last delivered, and what is left of the quota, be it nothing', () => {
    const { accept, status } = createLane();
    accept();
    expect(status()).toMatchObject({ state: 'closed', lastDeliveredAt: START, quotaRemaining: 0 });
  });

  test('how many events wait for a retry of their own, and when the first is due', () => {
    const { kept, status } = createLane();
    kept.scheduleRetry(kept.recordFailure('a', START, true), START, 1_000);
    expect(status().retrying).toEqual({ messages: 1, nextAt: kept.get('a')?.dueAt });
  });

  test('that the quota is spent, since when and until when, and nothing of that afterwards', async () => {
    const { pass, status, throttle } = createLane();
    throttle();
    const { nextTryAt, ...held } = status();
    expect(held).toMatchObject({
      state: 'closed',
      cause: 'throttled',
      status: 429,
      text: null,
      since: START,
    });
    expect(nextTryAt).toBeGreaterThanOrEqual(START + 60_000);
    await pass(61_000);
    expect(status()).toMatchObject({ state: 'closed', ...NOTHING });
  });

  test('that the breaker is open and why, and that it is half-open once the next probe may go', async () => {
    const { fail, pass, status } = createLane();
    fail();
    const open = status();
    expect(open).toMatchObject({ state: 'open', cause: 'outage', status: 503, since: START });
    expect(open.text).toContain('Salesmachine answered 503: down');
    expect(open.nextTryAt).toBeGreaterThan(START);
    await pass((open.nextTryAt ?? 0) - START);
    expect(status()).toEqual({ ...open, state: 'half-open' });
  });
});
