import { describe, expect, test } from '@jest/globals';
import {
  createBatchAttempts,
  createEvidence,
  type Evidence,
  MAX_UNPROVEN,
} from '../../../lib/delivery/evidence.ts';

test('a batch that always fails is suspected within 20 tries, though most other batches have a bad event, too', () => {
  const evidence = createEvidence();
  let now = 0;
  for (let index = 0; index < 60; index += 1) {
    now += 1;
    if (index % 5 === 0) evidence.recordAcceptance(now, createBatchAttempts());
    else evidence.recordFailure(now, createBatchAttempts());
  }
  const batch = createBatchAttempts();
  let tries = 0;
  while (!evidence.isSuspect(batch) && tries < 60) {
    tries += 1;
    now += 1;
    evidence.recordFailure(now, batch);
    evidence.recordAcceptance(now + 0.5);
  }
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThanOrEqual(20);
});

/** A lane that has seen many batches pass, each at the first attempt. */
function createHealthyLane() {
  const evidence = createEvidence();
  for (let now = 1; now <= 100; now += 1) evidence.recordAcceptance(now, createBatchAttempts());
  return evidence;
}

describe('a batch', () => {
  test('is suspected only while others pass: not while nothing has been accepted since it first failed', () => {
    const evidence = createHealthyLane();
    const batch = createBatchAttempts();
    for (let now = 101; now < 150; now += 1) evidence.recordFailure(now, batch);
    expect(evidence.isSuspect(batch)).toBe(false);
    evidence.recordAcceptance(150, createBatchAttempts());
    expect(evidence.isSuspect(batch)).toBe(true);
  });

  test('is suspected for three failures where all others are well, not for one or two', () => {
    const evidence = createHealthyLane();
    const batch = createBatchAttempts();
    const isSuspectAfter = [101, 102, 103].map((now) => {
      evidence.recordFailure(now, batch);
      evidence.recordAcceptance(now + 0.5);
      return evidence.isSuspect(batch);
    });
    expect(isSuspectAfter).toEqual([false, false, true]);
  });

  test('is suspected while two others fail beside it, and not while three do', () => {
    const evidence = createHealthyLane();
    const batch = createBatchAttempts();
    for (let now = 101; now < 110; now += 1) evidence.recordFailure(now, batch);
    evidence.recordAcceptance(110);
    const isSuspectBeside = [111, 112, 113].map((now) => {
      evidence.recordFailure(now, createBatchAttempts());
      return evidence.isSuspect(batch);
    });
    expect(isSuspectBeside).toEqual([true, true, false]);
  });

  test('takes a failure more to be suspected by a lane that has seen no other', () => {
    const evidence = createEvidence();
    const batch = createBatchAttempts();
    const isSuspectAfter = [1, 2, 3, 4].map((now) => {
      evidence.recordFailure(now, batch);
      evidence.recordAcceptance(now + 0.5);
      return evidence.isSuspect(batch);
    });
    expect(isSuspectAfter).toEqual([false, false, false, true]);
  });

  test('is not suspected while many others fail beside it and nothing passes', () => {
    const evidence = createHealthyLane();
    const batch = createBatchAttempts();
    for (let now = 101; now < 110; now += 1) evidence.recordFailure(now, batch);
    evidence.recordAcceptance(110);
    expect(evidence.isSuspect(batch)).toBe(true);
    for (let now = 111; now < 120; now += 1) evidence.recordFailure(now, createBatchAttempts());
    expect(evidence.isSuspect(batch)).toBe(false);
  });

  test('that was refused failed like any other, though a refusal is no sign of an outage', () => {
    const evidence = createHealthyLane();
    const batch = createBatchAttempts();
    evidence.recordRefusal(101, batch);
    evidence.recordRefusal(102, batch);
    evidence.recordRefusal(103);
    expect(batch).toMatchObject({ failures: 2, firstFailedAt: 101 });
    expect(evidence.isApiIll()).toBe(false);
    expect(evidence.isWell(createBatchAttempts())).toBe(true);
  });
});

test('others are well as long as none of them has failed since the last acceptance', () => {
  const evidence = createHealthyLane();
  const batch = createBatchAttempts();
  expect(evidence.isWell(batch)).toBe(true);
  evidence.recordFailure(101, batch);
  expect(evidence.isWell(batch)).toBe(true);
  evidence.recordFailure(102, createBatchAttempts());
  expect(evidence.isWell(batch)).toBe(false);
  evidence.recordAcceptance(103);
  expect(evidence.isWell(batch)).toBe(true);
});

test('it is a brownout where many other batches fail at their first attempt, not where one fails for itself', () => {
  const evidence = createHealthyLane();
  const batch = createBatchAttempts();
  evidence.recordFailure(101, batch);
  expect(evidence.isBrownout(batch)).toBe(false);
  for (let now = 102; now < 160; now += 1) {
    if (now % 2 === 0) evidence.recordFailure(now, createBatchAttempts());
    else evidence.recordAcceptance(now, createBatchAttempts());
  }
  expect(evidence.isBrownout(batch)).toBe(true);
  for (let now = 160; now < 300; now += 1) evidence.recordAcceptance(now, createBatchAttempts());
  expect(evidence.isBrownout(batch)).toBe(false);
});

test('it is none where one batch fails again and again', () => {
  const evidence = createHealthyLane();
  const batch = createBatchAttempts();
  for (let now = 101; now < 150; now += 1) evidence.recordFailure(now, batch);
  expect(evidence.isBrownout(createBatchAttempts())).toBe(false);
});

test('one more failure in a search tells much where all is well, and little in a brownout', () => {
  const batch = createBatchAttempts();
  expect(createHealthyLane().isSearchResult(batch, 1)).toBe(true);
  const brownout = createEvidence();
  for (let now = 1; now < 60; now += 1) brownout.recordFailure(now, createBatchAttempts());
  expect(brownout.isSearchResult(batch, 1)).toBe(false);
  expect(brownout.isSearchResult(batch, 20)).toBe(true);
});

test('the API is ill once many requests in a row fail, of one batch or of many, and well with the first that passes', () => {
  for (const isOneBatch of [true, false]) {
    const evidence = createHealthyLane();
    const batch = createBatchAttempts();
    evidence.recordFailure(101, batch);
    expect(evidence.isApiIll()).toBe(false);
    for (let now = 102; now < 130; now += 1)
      evidence.recordFailure(now, isOneBatch ? batch : createBatchAttempts());
    expect(evidence.isApiIll()).toBe(true);
    evidence.recordAcceptance(130);
    expect(evidence.isApiIll()).toBe(false);
  }
});

test.each([
  [[3, 1, 1], false],
  [[3, 2, 1], true],
  [[9], true],
  [[7, 2], false],
  [[8, 2], true],
])('after failures in a row of several batches, %j, the API is ill: %s', (failuresByBatch, isIll) => {
  const evidence = createHealthyLane();
  for (const failures of failuresByBatch) {
    const batch = createBatchAttempts();
    for (let count = 0; count < failures; count += 1) evidence.recordFailure(101, batch);
  }
  expect(evidence.isApiIll()).toBe(isIll);
});

test('only a few operations are given up without another one that passed, until one passes', () => {
  const evidence = createEvidence();
  for (let count = 0; count < MAX_UNPROVEN; count += 1) {
    expect(evidence.mayGiveUpUnproven()).toBe(true);
    evidence.recordUnproven();
  }
  expect(evidence.mayGiveUpUnproven()).toBe(false);
  evidence.recordAcceptance(1);
  expect(evidence.mayGiveUpUnproven()).toBe(true);
});

describe('after three batches in a row that failed for an operation of their own', () => {
  /** Each is searched, the operation is found, and what stands beside it passes. */
  function findBadBatches(count: number) {
    const evidence = createEvidence();
    for (let now = 10; now <= 10 * count; now += 10) {
      const batch = createBatchAttempts();
      evidence.recordFailure(now, batch);
      evidence.recordAcceptance(now + 1);
      evidence.recordSearch(batch, true);
    }
    return evidence;
  }

  /** Whether a batch is suspected that has failed once. */
  function isSuspectAfterOne(evidence: Evidence): boolean {
    const batch = createBatchAttempts();
    evidence.recordFailure(100, batch);
    return evidence.isSuspect(batch);
  }

  test('one failure is enough to suspect the next', () => {
    expect(isSuspectAfterOne(findBadBatches(2))).toBe(false);
    expect(isSuspectAfterOne(findBadBatches(3))).toBe(true);
  });

  test('though others pass at once meanwhile', () => {
    const evidence = findBadBatches(3);
    evidence.recordAcceptance(99, createBatchAttempts());
    expect(isSuspectAfterOne(evidence)).toBe(true);
  });

  test('but not if another one fails beside it, which may be chance', () => {
    const evidence = findBadBatches(3);
    evidence.recordFailure(99, createBatchAttempts());
    expect(isSuspectAfterOne(evidence)).toBe(false);
  });

  test('until one has failed and passes as it is', () => {
    const evidence = findBadBatches(3);
    const batch = createBatchAttempts();
    evidence.recordFailure(98, batch);
    evidence.recordAcceptance(99, batch);
    expect(isSuspectAfterOne(evidence)).toBe(false);
  });

  test('until a search finds nothing', () => {
    const evidence = findBadBatches(3);
    evidence.recordSearch(createBatchAttempts(), false);
    expect(isSuspectAfterOne(evidence)).toBe(false);
  });

  test('unless nothing passed meanwhile: what fails alone in an outage says nothing', () => {
    const evidence = findBadBatches(2);
    const batch = createBatchAttempts();
    evidence.recordFailure(97, batch);
    evidence.recordSearch(batch, true);
    evidence.recordAcceptance(98);
    expect(isSuspectAfterOne(evidence)).toBe(false);
  });
});

test('a batch lacks an acceptance if it has failed three times, and nothing has passed since the first', () => {
  const evidence = createEvidence();
  const batch = createBatchAttempts();
  evidence.recordAcceptance(1);
  for (const now of [2, 3]) evidence.recordFailure(now, batch);
  expect(evidence.lacksAcceptance(batch)).toBe(false);
  evidence.recordFailure(4, batch);
  expect(evidence.lacksAcceptance(batch)).toBe(true);
  evidence.recordAcceptance(5);
  expect(evidence.lacksAcceptance(batch)).toBe(false);
});

test('an alias that is accepted ends a row of failures, but proves nothing against what is refused in a batch', () => {
  const evidence = createEvidence();
  evidence.recordFailure(1, createBatchAttempts());
  for (let count = 0; count < MAX_UNPROVEN; count += 1) evidence.recordUnproven();
  evidence.recordAcceptance(2, createBatchAttempts(), true);
  expect(evidence.failingSince()).toBeUndefined();
  expect(evidence.mayGiveUpUnproven()).toBe(false);
  expect(evidence.acceptedAt()).toBeLessThan(2);
});
