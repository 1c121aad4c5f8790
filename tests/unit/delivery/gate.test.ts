import { describe, expect, test } from '@jest/globals';
import type { PauseCause } from '../../../lib/delivery/reactions.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import { createResponse, OK, runToEnd, START } from '../../support/delivery.ts';
import { DOWN, record, recordOutcomes, setUpGate, THROTTLED, trip } from '../../support/gate.ts';
import { seededRandom } from '../../support/seeded-random.ts';

describe('an open gate admits', () => {
  test('at the pace of the slots, first come, first served', async () => {
    const { time, acquireSlot, gate, seconds, pings } = setUpGate();
    const ping = gate.ping(START + 60_000).then(seconds);
    const all = Promise.all([acquireSlot(), ping, acquireSlot(), acquireSlot()]);
    expect(await runToEnd(time, all)).toEqual([1, 0, 2, 3]);
    expect(pings()).toEqual([0]);
  });
});

describe('after five failures in a row, the gate', () => {
  test('sends pings ever more rarely, and lets a batch through when one passes', async () => {
    const { time, gate, acquireSlot, pings } = setUpGate((_, index) => (index < 8 ? DOWN : OK));
    trip(gate);
    expect(gate.resumesInMs()).toBeUndefined();
    const first = await runToEnd(time, acquireSlot());
    expect(pings()).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(first).toBe(243);
    expect(gate.pause()).toMatchObject({ cause: 'outage', since: START, isProbing: true });
  });

  test('has no probe under way once that is answered 429: the next one is sent after the reset', async () => {
    const { time, gate, acquireSlot, seconds } = setUpGate();
    trip(gate);
    await runToEnd(time, acquireSlot());
    expect(gate.pause()).toMatchObject({ isProbing: true });
    record(gate, THROTTLED);
    expect(gate.pause()).toMatchObject({ isProbing: false });
    const throttledAt = seconds();
    expect(Number(await runToEnd(time, acquireSlot())) - throttledAt).toBeGreaterThanOrEqual(20);
    expect(gate.pause()).toMatchObject({ isProbing: true });
  });

  test.each<[PauseCause, ApiResult]>([
    ['credential', createResponse(401)],
    ['credential', createResponse(403)],
    ['configuration', createResponse(404)],
    ['configuration', createResponse(200, '<!doctype html>')],
    ['outage', createResponse(409)],
    ['outage', createResponse(500)],
    ['outage', { kind: 'failure', mayHaveBeenSent: true, code: 'ETIMEDOUT' }],
    ['outage', { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' }],
  ])('says that the cause is the %s: %j', (cause, result) => {
    const { gate, log } = setUpGate();
    trip(gate, result);
    const status = result.kind === 'response' ? result.status : undefined;
    expect(gate.pause()).toMatchObject({ cause, status, text: 'the words' });
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        message: 'delivery paused',
        fields: { cause, status, problem: 'the words', probeInMs: 1_000 },
      },
    ]);
  });

  test.each<[string, ApiResult]>([
    ['a delivery', OK],
    ['a refusal of the data', createResponse(422)],
    ['a request too large', createResponse(413)],
  ])('has forgotten what was before %s', async (_, answer) => {
    const { time, gate, acquireSlot, pings } = setUpGate();
    recordOutcomes(gate, DOWN, 4);
    recordOutcomes(gate, answer);
    recordOutcomes(gate, DOWN, 4);
    expect(await runToEnd(time, acquireSlot())).not.toBe(false);
    expect(pings()).toEqual([]);
  });

  test('sends little more than a ping a minute, for hours', async () => {
    const { time, gate, acquireSlot, pings } = setUpGate(() => DOWN, seededRandom(3));
    trip(gate);
    expect(await runToEnd(time, acquireSlot(6 * 3_600))).toBe(false);
    expect(pings().length).toBeLessThan(6 * 65);
    expect(pings().length).toBeGreaterThan(6 * 55);
  });

  test('waits for the reset if a ping is throttled, and pings again', async () => {
    const { time, gate, acquireSlot, pings } = setUpGate((_, index) => (index === 0 ? THROTTLED : OK));
    trip(gate);
    await runToEnd(time, acquireSlot());
    expect(pings()[0]).toBe(1);
    expect(pings()[1]).toBeGreaterThanOrEqual(21);
    expect(pings()).toHaveLength(2);
  });

  test('is not kept shut for longer by requests that were sent before', async () => {
    const { time, gate, acquireSlot, pings } = setUpGate();
    trip(gate);
    recordOutcomes(gate, DOWN, 20);
    await runToEnd(time, acquireSlot());
    expect(pings()).toEqual([1]);
  });

  test('takes longer to say so where half of the requests fail anyway', async () => {
    const { time, gate } = setUpGate();
    for (let index = 0; index < 40; index += 1) record(gate, index % 2 === 0 ? DOWN : OK);
    await time.run(START + 1_000);
    recordOutcomes(gate, DOWN, 8);
    expect(gate.pause()).toBeUndefined();
    recordOutcomes(gate, DOWN, 12);
    expect(gate.pause()).toBeDefined();
  });
});

describe('a breaker that is open', () => {
  test('is not closed by a ping, but by a batch that is accepted; then all who wait go on', async () => {
    const { time, gate, acquireSlot, pings, log } = setUpGate();
    trip(gate);
    const first = acquireSlot();
    const others = Promise.all([acquireSlot(), acquireSlot()]);
    await time.run(START + 10_000);
    expect(gate.pause()).toBeDefined();
    record(gate, OK);
    expect(gate.pause()).toBeUndefined();
    expect(await runToEnd(time, first)).toBe(1);
    expect(await others).toEqual([10, 10]);
    expect(pings()).toEqual([1]);
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        message: 'delivery resumed',
        fields: { cause: 'outage', durationMs: 10_000 },
      }),
    );
  });

  test('lets a batch through that has not failed, before those that have', async () => {
    const { time, gate, acquireSlot } = setUpGate();
    trip(gate);
    const order: string[] = [];
    const retried = acquireSlot(60, { isRetry: true }).then(() => order.push('retried'));
    const fresh = acquireSlot(60).then(() => order.push('fresh'));
    await time.run(START + 5_000);
    expect(order).toEqual(['fresh']);
    record(gate, DOWN);
    await runToEnd(time, Promise.all([retried, fresh]));
    expect(order).toEqual(['fresh', 'retried']);
  });

  test('sends no ping where everything is refused, and probes at least every 48 s', async () => {
    const { time, gate, acquireSlot, pings } = setUpGate(() => OK, seededRandom(5));
    gate.tripForRefusals({ status: 422, detail: 'source_id is required' });
    expect(gate.pause()).toMatchObject({ cause: 'configuration', status: 422, isRefusal: true });
    const probes: number[] = [];
    const probeAgain = async () => {
      for (let times = 0; times < 20; times += 1) {
        probes.push(Number(await acquireSlot()));
        record(gate, createResponse(422));
      }
    };
    await runToEnd(time, probeAgain());
    expect(pings()).toEqual([]);
    const waits = probes.map((at, index) => at - (probes[index - 1] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(48.1);
  });

  test('is closed by a refusal, if it was an outage: the API looks at the data again', () => {
    const { gate } = setUpGate();
    trip(gate);
    record(gate, createResponse(422));
    expect(gate.pause()).toBeUndefined();
  });

  test('gives up on callers who cannot wait so long', async () => {
    const { time, gate, acquireSlot } = setUpGate((_, index) => (index < 3 ? DOWN : OK));
    trip(gate);
    const all = Promise.all([acquireSlot(5), acquireSlot()]);
    expect(await runToEnd(time, all)).toEqual([false, 15]);
  });
});

test('a ping for which there is no time is not sent', async () => {
  const { time, gate, pings } = setUpGate();
  trip(gate);
  expect(await runToEnd(time, gate.ping(START + 500))).toBeUndefined();
  expect(pings()).toEqual([]);
});
