import { describe, expect, test } from '@jest/globals';
import type { Turn, WaitOptions } from '../../../lib/delivery/slot-line.ts';
import { createLaneParts, fakeSalesmachine, OK, runToEnd, START } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** The line for the slots of a gate, which come once a second. */
function setUp() {
  const time = createVirtualTime();
  const salesmachine = fakeSalesmachine(time, () => OK);
  const { gate } = createLaneParts({ salesmachine, clock: time, random: () => 0.5, log: recordingLog() });
  /** The second at which the caller has a slot, or false. */
  const acquireSlot = async (untilSeconds = 60, options: WaitOptions = {}) =>
    (await gate.acquireSlot(START + untilSeconds * 1_000, options)) && (time.now() - START) / 1_000;
  return { time, acquireSlot };
}

describe('of the callers that wait, a slot goes to', () => {
  test('callers whose turn is first in every other slot, and those whose turn is last after all others', async () => {
    const { time, acquireSlot } = setUp();
    const all = Promise.all([
      acquireSlot(60, { turn: () => 'last' }),
      acquireSlot(),
      acquireSlot(),
      acquireSlot(60, { turn: () => 'first' }),
      acquireSlot(60, { turn: () => 'first' }),
      acquireSlot(60, { turn: () => 'first' }),
    ]);
    expect(await runToEnd(time, all)).toEqual([5, 1, 3, 0, 2, 4]);
  });

  test('the next one whose turn is first, if the one before it gave up', async () => {
    const { time, acquireSlot } = setUp();
    expect(await runToEnd(time, acquireSlot())).toBe(0);
    const all = Promise.all([
      acquireSlot(0.5, { turn: () => 'first' }),
      acquireSlot(),
      acquireSlot(60, { turn: () => 'first' }),
    ]);
    expect(await runToEnd(time, all)).toEqual([false, 2, 1]);
  });

  test('a caller whose turn comes while it waits', async () => {
    const { time, acquireSlot } = setUp();
    let turn: Turn = 'last';
    const all = Promise.all([
      acquireSlot(60, { turn: () => turn }),
      acquireSlot(),
      acquireSlot(),
      acquireSlot(),
    ]);
    time.schedule(1_500, () => {
      turn = 'first';
    });
    expect(await runToEnd(time, all)).toEqual([2, 0, 1, 3]);
  });

  test('no caller after its deadline, but then the next in line', async () => {
    const { time, acquireSlot } = setUp();
    const all = Promise.all([acquireSlot(), acquireSlot(0.5), acquireSlot(3)]);
    expect(await runToEnd(time, all)).toEqual([0, false, 1]);
  });

  test('no caller whose deadline has passed', async () => {
    const { time, acquireSlot } = setUp();
    const all = Promise.all([acquireSlot(0), acquireSlot()]);
    expect(await runToEnd(time, all)).toEqual([false, 0]);
  });
});
