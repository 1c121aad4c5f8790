import { describe, expect, test } from '@jest/globals';
import { type ClosedCause, createGate, type Gate } from '../../../lib/delivery/gate.ts';
import { createPacer } from '../../../lib/delivery/pacer.ts';
import type { Random } from '../../../lib/runtime/clock.ts';
import type { Answer } from '../../../lib/salesmachine/client.ts';
import { outcomeOf } from '../../../lib/salesmachine/outcome.ts';
import { seededRandom } from '../../simulation/seeded-random.ts';
import { createVirtualTime } from '../../simulation/virtual-time.ts';
import {
  answered,
  fakeSalesmachine,
  OK,
  type Request,
  SETTINGS,
  START,
  settled,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';

type Ping = (request: Request, index: number) => Answer;

/** A gate with one slot a second, whose pings are answered as it is told, at once. */
function setUp(ping: Ping = () => OK, random: Random = () => 0.5) {
  const time = createVirtualTime();
  const log = recordingLog();
  const salesmachine = fakeSalesmachine(time, ping);
  const pacer = createPacer(SETTINGS.quota, time.now());
  const gate = createGate(pacer, { salesmachine, clock: time, random, log });
  const seconds = () => (time.now() - START) / 1_000;
  /** The second at which the caller may send, or false. */
  const admitted = async (untilSeconds = 86_400, signal?: AbortSignal) =>
    (await gate.admit(START + untilSeconds * 1_000, signal)) && seconds();
  const pings = () => salesmachine.requests.map(({ at }) => at);
  return { time, log, gate, pings, seconds, admitted };
}

const learn = (gate: Gate, answer: Answer, times = 1) => {
  for (let time = 0; time < times; time += 1) gate.learn(outcomeOf('/v1/batch', answer), answer);
};

const THROTTLED = answered(429, '', { 'retry-after': '20' });
const DOWN = answered(503);

describe('an open gate admits', () => {
  test('at the pace of the slots, first come, first served', async () => {
    const { time, admitted, gate, seconds, pings } = setUp();
    const ping = gate.ping(START + 60_000).then(seconds);
    const all = Promise.all([admitted(), ping, admitted(), admitted()]);
    expect(await settled(time, all)).toEqual([1, 0, 2, 3]);
    expect(pings()).toEqual([0]);
  });

  test('nobody after the time that he has, but then the next in line', async () => {
    const { time, admitted } = setUp();
    const all = Promise.all([admitted(), admitted(0.5), admitted(3)]);
    expect(await settled(time, all)).toEqual([0, false, 1]);
  });

  test('nobody who has gone, but then the next in line', async () => {
    const { time, admitted } = setUp();
    const gone = new AbortController();
    time.schedule(400, () => gone.abort());
    const all = Promise.all([admitted(), admitted(60, gone.signal), admitted()]);
    expect(await settled(time, all)).toEqual([0, false, 1]);
  });

  test('nobody whose time is over already', async () => {
    const { time, admitted } = setUp();
    const all = Promise.all([admitted(0), admitted()]);
    expect(await settled(time, all)).toEqual([false, 0]);
  });
});

describe('after a 429, the gate', () => {
  test('lets nobody through, not even a ping, until the reset', async () => {
    const { time, gate, admitted, pings } = setUp();
    learn(gate, THROTTLED);
    expect(gate.opensIn()).toBe(20_250);
    const ping = gate.ping(START + 60_000);
    const [, , first] = await settled(time, Promise.all([admitted(19), ping, admitted()]));
    expect(pings()[0]).toBeGreaterThanOrEqual(20);
    expect(pings()[0]).toBeLessThan(21);
    expect(first).toBeGreaterThan(20);
    expect(gate.opensIn()).toBe(0);
  });

  test('is not opened earlier by a 429 that says less', async () => {
    const { time, gate, admitted } = setUp();
    learn(gate, THROTTLED);
    learn(gate, answered(429, '', { 'retry-after': '2' }));
    expect(await settled(time, admitted())).toBeGreaterThanOrEqual(20);
  });

  test('admits at a lower rate, which is lowered once by many of them', async () => {
    const { time, gate, admitted } = setUp();
    learn(gate, answered(429), 4);
    const all = Promise.all(Array.from({ length: 12 }, () => admitted()));
    const moments = (await settled(time, all)).map(Number);
    const gap = Number(moments[11]) - Number(moments[10]);
    expect(gap).toBeGreaterThan(1.05);
    expect(gap).toBeLessThan(1.12);
  });

  test('is no outage, however many there are', async () => {
    const { time, gate, admitted, pings } = setUp(() => DOWN);
    learn(gate, answered(429), 50);
    expect(await settled(time, admitted())).toBeGreaterThanOrEqual(1);
    expect(pings()).toEqual([]);
  });
});

describe('after five failures in a row, the gate', () => {
  test('lets only pings through, ever more rarely, and opens when one passes', async () => {
    const { time, gate, admitted, pings } = setUp((_, index) => (index < 8 ? DOWN : OK));
    learn(gate, DOWN, 5);
    expect(gate.opensIn()).toBeUndefined();
    const first = await settled(time, admitted());
    expect(pings()).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(first).toBe(243);
    expect(gate.opensIn()).toBe(0);
  });

  test.each<[string, Answer]>([
    ['a time-out', { kind: 'failure', sent: true, code: 'ETIMEDOUT' }],
    ['a refused connection', { kind: 'failure', sent: false, code: 'ECONNREFUSED' }],
    ["a server's error", answered(500)],
  ])('counts %s', async (_, failure) => {
    const { time, gate, admitted, pings } = setUp();
    learn(gate, failure, 5);
    await settled(time, admitted());
    expect(pings()).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ['a delivery', OK],
    ['a refusal of the data', answered(422)],
    ['a request too large', answered(413)],
  ])('has forgotten what was before %s', async (_, answer) => {
    const { time, gate, admitted, pings } = setUp();
    learn(gate, DOWN, 4);
    learn(gate, answer);
    learn(gate, DOWN, 4);
    expect(await settled(time, admitted())).not.toBe(false);
    expect(pings()).toEqual([]);
  });

  test('sends little more than a ping a minute, for hours', async () => {
    const { time, gate, admitted, pings } = setUp(() => DOWN, seededRandom(3));
    learn(gate, DOWN, 5);
    expect(await settled(time, admitted(6 * 3_600))).toBe(false);
    expect(pings().length).toBeLessThan(6 * 65);
    expect(pings().length).toBeGreaterThan(6 * 55);
  });

  test('waits for the reset if a ping is throttled, and pings again', async () => {
    const { time, gate, admitted, pings } = setUp((_, index) => (index === 0 ? THROTTLED : OK));
    learn(gate, DOWN, 5);
    await settled(time, admitted());
    expect(pings()[0]).toBe(1);
    expect(pings()[1]).toBeGreaterThanOrEqual(21);
    expect(pings()).toHaveLength(2);
  });
});

describe('a gate that was closed', () => {
  test.each<[ClosedCause, Answer]>([
    ['credential', answered(401)],
    ['credential', answered(400, { error: 'incorrect or missing API key' })],
    ['credential', answered(422)],
    ['configuration', answered(404)],
    ['configuration', answered(200, '<!doctype html>')],
    ['outage', answered(500)],
    ['outage', { kind: 'failure', sent: true, code: 'ECONNRESET' }],
  ])('for its %s opens only when a ping passes: %j', async (cause, refusal) => {
    const { time, gate, admitted, pings, log } = setUp((_, index) => (index < 3 ? refusal : OK));
    gate.close(cause);
    expect(gate.opensIn()).toBeUndefined();
    expect(await settled(time, admitted())).toBeGreaterThanOrEqual(15);
    expect(pings()).toEqual([1, 3, 7, 15]);
    const causes = log.lines
      .filter(({ message }) => message.startsWith('holding'))
      .map(({ fields }) => fields['cause']);
    expect(causes).toEqual([cause, cause, cause, cause]);
  });

  test('does not open for whoever cannot wait so long', async () => {
    const { time, gate, admitted } = setUp((_, index) => (index < 3 ? answered(401) : OK));
    gate.close('credential');
    const all = Promise.all([admitted(5), admitted()]);
    expect(await settled(time, all)).toEqual([false, 15]);
  });

  test('again and again is probed ever more rarely, until a batch is delivered', async () => {
    const { time, gate, admitted, pings } = setUp();
    const waits: number[] = [];
    const relapse = async () => {
      for (const answer of [answered(404), answered(404), answered(404), OK, answered(404)]) {
        learn(gate, answer);
        if (answer !== OK) gate.close('configuration');
        const before = time.now();
        await admitted();
        waits.push((time.now() - before) / 1_000);
      }
    };
    await settled(time, relapse());
    expect(pings()).toHaveLength(4);
    expect(waits.map(Math.floor)).toEqual([1, 2, 4, 0, 1]);
  });
});

test('a ping that passes opens the gate for all who wait, and is told to who asked for it', async () => {
  const { time, gate, admitted } = setUp();
  gate.close('credential');
  const all = Promise.all([gate.ping(START + 60_000), admitted(), admitted()]);
  expect(await settled(time, all)).toEqual(['delivered', 1, 2]);
});

test('a ping for which there is no time is not sent', async () => {
  const { time, gate, pings } = setUp();
  gate.close('outage');
  expect(await settled(time, gate.ping(START + 500))).toBeUndefined();
  expect(pings()).toEqual([]);
});
