import { describe, expect, test } from '@jest/globals';
import { createBatchAttempts } from '../../../lib/delivery/evidence.ts';
import { createLotChooser } from '../../../lib/delivery/lot.ts';
import {
  createLaneParts,
  createMessage,
  createResponse,
  fakeSalesmachine,
  OK,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

/** One request in 20 may be of kept events: at one slot a second, every 20 s. */
const KEPT_SLOT_MS = 20_000;

/** A lane's choice, a minute after the lane began. */
async function createChooser() {
  const time = createVirtualTime(START);
  const ports = {
    salesmachine: fakeSalesmachine(time, () => OK),
    clock: time,
    random: () => 0.5,
    log: recordingLog(),
  };
  const { gate, pacer, evidence, kept } = createLaneParts(ports);
  const chooseLot = createLotChooser({ gate, pacer, evidence, kept, clock: time });
  await time.run(START + 60_000);
  const batch = createBatchAttempts();
  const failOnce = () =>
    gate.recordOutcome({ outcome: 'transient', result: createResponse(503), detail: '', batch });
  return {
    time,
    pass: (ms: number) => time.run(time.now() + ms),
    gate,
    kept,
    /** `sentMs` is when it was queued, since the lane began. */
    choose: (sqsMessageId: string, { receiveCount = 1, sentMs = 30_000 } = {}) =>
      chooseLot(createMessage(track('7'), { sqsMessageId, receiveCount, sentAt: START + sentMs })),
    failOnce,
    openBreaker() {
      for (let failures = 0; failures < 5; failures += 1) failOnce();
    },
  };
}

test('a message that is received for the first time goes with the fresh ones', async () => {
  const { choose } = await createChooser();
  expect(choose('a')).toBe('fresh');
});

describe('a message that came back', () => {
  test('although delivery was well may be bad: it does not go with fresh ones', async () => {
    const { choose } = await createChooser();
    expect(choose('a', { receiveCount: 2 })).toBe('returned');
    expect(choose('b')).toBe('fresh');
  });

  test('shares a request with those of the same moment; the next such request waits for its slot', async () => {
    const { choose, pass } = await createChooser();
    expect(choose('a', { receiveCount: 2 })).toBe('returned');
    expect(choose('b', { receiveCount: 2 })).toBe('returned');
    await pass(5_000);
    expect(choose('c', { receiveCount: 2 })).toBe(1.5 * KEPT_SLOT_MS - 5_000);
    expect(choose('d')).toBe('fresh');
  });

  test('is of the same moment as the first of them, not as the last', async () => {
    const { choose, pass } = await createChooser();
    for (const id of ['a', 'b']) {
      expect(choose(id, { receiveCount: 2 })).toBe('returned');
      await pass(400);
    }
    expect(choose('c', { receiveCount: 2 })).toEqual(expect.any(Number));
  });

  test('shares it with eleven others at most, for where several are bad a search takes long', async () => {
    const { choose } = await createChooser();
    const lots = Array.from({ length: 13 }, (_, index) => choose(`event ${index}`, { receiveCount: 2 }));
    expect(lots.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => 'returned'));
    expect(lots[12]).toBe(1.5 * KEPT_SLOT_MS);
  });

  test('was queued before the lane began, which cannot know why: it is fresh', async () => {
    const { choose } = await createChooser();
    expect(choose('a', { receiveCount: 2, sentMs: -1_000 })).toBe('fresh');
  });

  test('was queued before the quota was free again: it is fresh', async () => {
    const { choose, gate, pass } = await createChooser();
    gate.recordOutcome({
      outcome: 'throttled',
      result: createResponse(429, '', { 'retry-after': '60' }),
      detail: '',
    });
    await pass(61_000);
    expect(choose('a', { receiveCount: 2, sentMs: 100_000 })).toBe('fresh');
    expect(choose('b', { receiveCount: 2, sentMs: 121_000 })).toBe('returned');
  });

  test('was queued before or in a pause so long that lanes released what they had: it is fresh', async () => {
    const { choose, openBreaker, pass } = await createChooser();
    openBreaker();
    await pass(51_000);
    expect(choose('a', { receiveCount: 2, sentMs: 30_000 })).toBe('fresh');
    expect(choose('b', { receiveCount: 2, sentMs: 100_000 })).toBe('fresh');
  });

  test('was queued in an outage whose requests hang, so that the breaker opened late: it is fresh', async () => {
    const { choose, failOnce, openBreaker, pass } = await createChooser();
    failOnce();
    await pass(20_000);
    openBreaker();
    await pass(25_000);
    expect(choose('a', { receiveCount: 2 })).toBe('fresh');
  });

  test('is not excused by a pause through which lanes held their messages', async () => {
    const { choose, openBreaker, pass } = await createChooser();
    openBreaker();
    await pass(10_000);
    expect(choose('a', { receiveCount: 2 })).toBe('returned');
  });
});

describe('a message that failed alone', () => {
  async function keepOne() {
    const chooser = await createChooser();
    const event = chooser.kept.recordFailure('a', chooser.time.now(), true);
    chooser.kept.scheduleRetry(event, chooser.time.now(), 1_000);
    return { ...chooser, waitMs: (event.dueAt ?? 0) - chooser.time.now() };
  }

  test('stays away until its next try is due, and then goes alone', async () => {
    const { choose, pass, waitMs } = await keepOne();
    expect(choose('a', { receiveCount: 2 })).toBe(waitMs);
    await pass(waitMs);
    expect(choose('a', { receiveCount: 3 })).toBe('alone');
  });

  test('stays away longer if another one has the slot', async () => {
    const { choose, kept, pass, time, waitMs } = await keepOne();
    await pass(waitMs);
    kept.reserve(time.now(), 1_000);
    expect(choose('a', { receiveCount: 2 })).toBe(1.5 * KEPT_SLOT_MS);
  });

  test('in what turned out to be an outage goes with others that came back, without a slot of its own', async () => {
    const { choose, kept, time } = await keepOne();
    kept.releaseKeptSince(START);
    expect(choose('a', { receiveCount: 2 })).toBe('returned');
    expect(choose('a', { receiveCount: 2 })).toBe('returned');
    expect(kept.reserve(time.now(), 1_000)).toBe(0);
  });
});
