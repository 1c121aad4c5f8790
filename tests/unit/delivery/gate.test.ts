import { describe, expect, test } from '@jest/globals';
import { createGate, type Gate, type TripCause } from '../../../lib/delivery/gate.ts';
import { createPacer } from '../../../lib/delivery/pacer.ts';
import type { Random } from '../../../lib/runtime/random.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import { toOutcome } from '../../../lib/salesmachine/outcome.ts';
import {
  createResponse,
  fakeSalesmachine,
  OK,
  type Request,
  runToEnd,
  SETTINGS,
  START,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

type Ping = (request: Request, index: number) => ApiResult;

/** A gate with one slot a second, whose pings are answered as it is told, at once. */
function setUp(ping: Ping = () => OK, random: Random = () => 0.5) {
  const time = createVirtualTime();
  const log = recordingLog();
  const salesmachine = fakeSalesmachine(time, ping);
  const pacer = createPacer(SETTINGS.quota, time.now());
  const gate = createGate(pacer, { salesmachine, clock: time, random, log });
  const seconds = () => (time.now() - START) / 1_000;
  /** The second at which the caller may send, or false. */
  const acquireSlot = async (untilSeconds = 86_400, signal?: AbortSignal) =>
    (await gate.acquireSlot(START + untilSeconds * 1_000, signal)) && seconds();
  const pings = () => salesmachine.requests.map(({ at }) => at);
  return { time, log, gate, pings, seconds, acquireSlot };
}

const recordOutcomes = (gate: Gate, answer: ApiResult, times = 1) => {
  for (let time = 0; time < times; time += 1) gate.recordOutcome(toOutcome('/v1/batch', answer), answer);
};

const THROTTLED = createResponse(429, '', { 'retry-after': '20' });
const DOWN = createResponse(503);

describe('an open gate admits', () => {
  test('at the pace of the slots, first come, first served', async () => {
    const { time, acquireSlot, gate, seconds, pings } = setUp();
    const ping = gate.ping(START + 60_000).then(seconds);
    const all = Promise.all([acquireSlot(), ping, acquireSlot(), acquireSlot()]);
    expect(await runToEnd(time, all)).toEqual([1, 0, 2, 3]);
    expect(pings()).toEqual([0]);
  });

  test('nobody after the time that he has, but then the next in line', async () => {
    const { time, acquireSlot } = setUp();
    const all = Promise.all([acquireSlot(), acquireSlot(0.5), acquireSlot(3)]);
    expect(await runToEnd(time, all)).toEqual([0, false, 1]);
  });

  test('nobody who has gone, but then the next in line', async () => {
    const { time, acquireSlot } = setUp();
    const gone = new AbortController();
    time.schedule(400, () => gone.abort());
    const all = Promise.all([acquireSlot(), acquireSlot(60, gone.signal), acquireSlot()]);
    expect(await runToEnd(time, all)).toEqual([0, false, 1]);
  });

  test('nobody whose time is over already', async () => {
    const { time, acquireSlot } = setUp();
    const all = Promise.all([acquireSlot(0), acquireSlot()]);
    expect(await runToEnd(time, all)).toEqual([false, 0]);
  });
});

describe('after a 429, the gate', () => {
  test('lets nobody through, not even a ping, until the reset', async () => {
    const { time, gate, acquireSlot, pings } = setUp();
    recordOutcomes(gate, THROTTLED);
    expect(gate.resumesInMs()).toBe(20_250);
    const ping = gate.ping(START + 60_000);
    const [, , first] = await runToEnd(time, Promise.all([acquireSlot(19), ping, acquireSlot()]));
    expect(pings()[0]).toBeGreaterThanOrEqual(20);
    expect(pings()[0]).toBeLessThan(21);
    expect(first).toBeGreaterThan(20);
    expect(gate.resumesInMs()).toBe(0);
  });

  test('is not opened earlier by a 429 that says less', async () => {
    const { time, gate, acquireSlot } = setUp();
    recordOutcomes(gate, THROTTLED);
    recordOutcomes(gate, createResponse(429, '', { 'retry-after': '2' }));
    expect(await runToEnd(time, acquireSlot())).toBeGreaterThanOrEqual(20);
  });

  test('admits at a lower rate, which is lowered once by many of them', async () => {
    const { time, gate, acquireSlot } = setUp();
    recordOutcomes(gate, createResponse(429), 4);
    const all = Promise.all(Array.from({ length: 12 }, () => acquireSlot()));
    const moments = (await runToEnd(time, all)).map(Number);
    const gap = Number(moments[11]) - Number(moments[10]);
    expect(gap).toBeGreaterThan(1.05);
    expect(gap).toBeLessThan(1.12);
  });

  test('is no outage, however many there are', async () => {
    const { time, gate, acquireSlot, pings } = setUp(() => DOWN);
    recordOutcomes(gate, createResponse(429), 50);
    expect(await runToEnd(time, acquireSlot())).toBeGreaterThanOrEqual(1);
    expect(pings()).toEqual([]);
  });
});

describe('after five failures in a row, the gate', () => {
  test('lets only pings through, ever more rarely, and opens when one passes', async () => {
    const { time, gate, acquireSlot, pings } = setUp((_, index) => (index < 8 ? DOWN : OK));
    recordOutcomes(gate, DOWN, 5);
    expect(gate.resumesInMs()).toBeUndefined();
    const first = await runToEnd(time, acquireSlot());
    expect(pings()).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(first).toBe(243);
    expect(gate.resumesInMs()).toBe(0);
  });

  test.each<[string, ApiResult]>([
    ['a time-out', { kind: 'failure', mayHaveBeenSent: true, code: 'ETIMEDOUT' }],
    ['a refused connection', { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' }],
    ["a server's error", createResponse(500)],
  ])('counts %s', async (_, failure) => {
    const { time, gate, acquireSlot, pings } = setUp();
    recordOutcomes(gate, failure, 5);
    await runToEnd(time, acquireSlot());
    expect(pings()).toHaveLength(1);
  });

  test.each<[string, ApiResult]>([
    ['a delivery', OK],
    ['a refusal of the data', createResponse(422)],
    ['a request too large', createResponse(413)],
  ])('has forgotten what was before %s', async (_, answer) => {
    const { time, gate, acquireSlot, pings } = setUp();
    recordOutcomes(gate, DOWN, 4);
    recordOutcomes(gate, answer);
    recordOutcomes(gate, DOWN, 4);
    expect(await runToEnd(time, acquireSlot())).not.toBe(false);
    expect(pings()).toEqual([]);
  });

  test('sends little more than a ping a minute, for hours', async () => {
    const { time, gate, acquireSlot, pings } = setUp(() => DOWN, seededRandom(3));
    recordOutcomes(gate, DOWN, 5);
    expect(await runToEnd(time, acquireSlot(6 * 3_600))).toBe(false);
    expect(pings().length).toBeLessThan(6 * 65);
    expect(pings().length).toBeGreaterThan(6 * 55);
  });

  test('waits for the reset if a ping is throttled, and pings again', async () => {
    const { time, gate, acquireSlot, pings } = setUp((_, index) => (index === 0 ? THROTTLED : OK));
    recordOutcomes(gate, DOWN, 5);
    await runToEnd(time, acquireSlot());
    expect(pings()[0]).toBe(1);
    expect(pings()[1]).toBeGreaterThanOrEqual(21);
    expect(pings()).toHaveLength(2);
  });
});

describe('a gate that was closed', () => {
  test.each<[TripCause, ApiResult]>([
    ['credential', createResponse(401)],
    ['credential', createResponse(400, { error: 'incorrect or missing API key' })],
    ['credential', createResponse(422)],
    ['configuration', createResponse(404)],
    ['configuration', createResponse(200, '<!doctype html>')],
    ['outage', createResponse(500)],
    ['outage', { kind: 'failure', mayHaveBeenSent: true, code: 'ECONNRESET' }],
  ])('for its %s opens only when a ping passes: %j', async (cause, refusal) => {
    const { time, gate, acquireSlot, pings, log } = setUp((_, index) => (index < 3 ? refusal : OK));
    gate.trip(cause);
    expect(gate.resumesInMs()).toBeUndefined();
    expect(await runToEnd(time, acquireSlot())).toBeGreaterThanOrEqual(15);
    expect(pings()).toEqual([1, 3, 7, 15]);
    const causes = log.lines
      .filter(({ message }) => message === 'delivery paused')
      .map(({ fields }) => fields['cause']);
    expect(causes).toEqual([cause, cause, cause, cause]);
  });

  test('does not open for whoever cannot wait so long', async () => {
    const { time, gate, acquireSlot } = setUp((_, index) => (index < 3 ? createResponse(401) : OK));
    gate.trip('credential');
    const all = Promise.all([acquireSlot(5), acquireSlot()]);
    expect(await runToEnd(time, all)).toEqual([false, 15]);
  });

  test('again and again is probed ever more rarely, until a batch is delivered', async () => {
    const { time, gate, acquireSlot, pings } = setUp();
    const waits: number[] = [];
    const relapse = async () => {
      for (const answer of [
        createResponse(404),
        createResponse(404),
        createResponse(404),
        OK,
        createResponse(404),
      ]) {
        recordOutcomes(gate, answer);
        if (answer !== OK) gate.trip('configuration');
        const before = time.now();
        await acquireSlot();
        waits.push((time.now() - before) / 1_000);
      }
    };
    await runToEnd(time, relapse());
    expect(pings()).toHaveLength(4);
    expect(waits.map(Math.floor)).toEqual([1, 2, 4, 0, 1]);
  });
});

test('a ping that passes opens the gate for all who wait, and is told to who asked for it', async () => {
  const { time, gate, acquireSlot } = setUp();
  gate.trip('credential');
  const all = Promise.all([gate.ping(START + 60_000), acquireSlot(), acquireSlot()]);
  expect(await runToEnd(time, all)).toEqual(['delivered', 1, 2]);
});

test('a ping for which there is no time is not sent', async () => {
  const { time, gate, pings } = setUp();
  gate.trip('outage');
  expect(await runToEnd(time, gate.ping(START + 500))).toBeUndefined();
  expect(pings()).toEqual([]);
});
