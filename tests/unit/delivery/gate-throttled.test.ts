import { describe, expect, test } from '@jest/globals';
import { createResponse, OK, runToEnd, START } from '../../support/delivery.ts';
import { DOWN, record, recordOutcomes, setUpGate, THROTTLED } from '../../support/gate.ts';

describe('after a 429, the gate', () => {
  test('lets nothing through, not even a ping, until the reset', async () => {
    const { time, gate, acquireSlot, pings } = setUpGate();
    recordOutcomes(gate, THROTTLED);
    expect(gate.resumesInMs()).toBe(20_250);
    const ping = gate.ping(START + 60_000);
    const [, , first] = await runToEnd(time, Promise.all([acquireSlot(19), ping, acquireSlot()]));
    expect(pings()[0]).toBeGreaterThanOrEqual(20);
    expect(pings()[0]).toBeLessThan(21);
    expect(first).toBeGreaterThan(20);
    expect(gate.resumesInMs()).toBe(0);
  });

  test('lends no slot until then', async () => {
    const quota = { requests: 900, windowSeconds: 300, share: 0.97, lanes: 2 };
    const { time, gate, acquireSlot } = setUpGate(undefined, undefined, quota);
    const borrow = () => acquireSlot(60, { mayBorrow: true });
    expect(await runToEnd(time, Promise.all([borrow(), borrow()]))).toEqual([0, 0]);
    recordOutcomes(gate, THROTTLED);
    expect(await runToEnd(time, borrow())).toBeGreaterThanOrEqual(20);
  });

  test('is not opened earlier by a 429 that says less', async () => {
    const { time, gate, acquireSlot } = setUpGate();
    recordOutcomes(gate, THROTTLED);
    recordOutcomes(gate, createResponse(429, '', { 'retry-after': '2' }));
    expect(await runToEnd(time, acquireSlot())).toBeGreaterThanOrEqual(20);
  });

  test('admits at a lower rate, which is lowered once by many of them', async () => {
    const { time, gate, acquireSlot } = setUpGate();
    recordOutcomes(gate, createResponse(429), 4);
    const all = Promise.all(Array.from({ length: 12 }, () => acquireSlot()));
    const moments = (await runToEnd(time, all)).map(Number);
    const gap = Number(moments[11]) - Number(moments[10]);
    expect(gap).toBeGreaterThan(1.05);
    expect(gap).toBeLessThan(1.12);
  });

  test('is no outage, however many there are', async () => {
    const { time, gate, acquireSlot, pings } = setUpGate(() => DOWN);
    recordOutcomes(gate, createResponse(429), 50);
    expect(await runToEnd(time, acquireSlot())).toBeGreaterThanOrEqual(1);
    expect(pings()).toEqual([]);
  });
});

describe('after a 429 without a usable header, the gate', () => {
  test('waits a second, and twice as long after each one more', async () => {
    const { time, gate, acquireSlot, seconds } = setUpGate();
    const waits: number[] = [];
    const throttleAgain = async () => {
      for (let times = 0; times < 8; times += 1) {
        recordOutcomes(gate, createResponse(429));
        const before = seconds();
        await acquireSlot();
        waits.push(Math.floor(seconds() - before));
      }
    };
    await runToEnd(time, throttleAgain());
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });
});

test('delivery is throttled since the first 429, until something is accepted after its reset', async () => {
  const { time, gate, acquireSlot } = setUpGate();
  const throttleTwice = async () => {
    record(gate, THROTTLED);
    await acquireSlot();
    record(gate, THROTTLED);
    // It was sent before.
    record(gate, OK);
  };
  await runToEnd(time, throttleTwice());
  expect(gate.throttle().since).toBe(START);
  await runToEnd(time, acquireSlot());
  record(gate, OK);
  expect(gate.throttle().since).toBeUndefined();
});
