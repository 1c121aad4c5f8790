import { describe, expect, test } from '@jest/globals';
import type { Rejection } from '../../../lib/delivery/attempt.ts';
import { createBatchAttempts } from '../../../lib/delivery/evidence.ts';
import { createJudge } from '../../../lib/delivery/judge.ts';
import { reactions } from '../../../lib/delivery/reactions.ts';
import { createSettlement } from '../../../lib/delivery/settlement.ts';
import type { Outcome } from '../../../lib/salesmachine/outcome.ts';
import {
  createLaneParts,
  createMessage,
  createResponse,
  fakeQueue,
  fakeSalesmachine,
  OK,
  registerMessage,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A lane that judges operations, and a clock that the test moves on. */
function setUpJudge() {
  const time = createVirtualTime(START);
  const log = recordingLog();
  const queue = fakeQueue();
  const salesmachine = fakeSalesmachine(time, () => OK);
  const ports = { queue, salesmachine, clock: time, random: () => 0.5, log };
  const { gate, evidence, kept } = createLaneParts(ports);
  const judge = createJudge(SETTINGS, { gate, evidence, kept, clock: time });

  const pass = (ms: number) => time.run(time.now() + ms);

  /** Another request is accepted, a little later. */
  async function acceptAnother(): Promise<void> {
    await pass(1);
    gate.recordOutcome({ outcome: 'delivered', result: OK, detail: '' });
    await pass(1);
  }

  /**
   * An invocation in which an event is rejected alone; its batch was a second ago. Returns what becomes of the event:
   * the reason of its dead letter, or after how many seconds it comes back.
   */
  async function reject(
    sqsMessageId: string,
    outcome: Outcome,
    {
      acceptedBetween = false,
      acceptedAfter = false,
      hasReturned = false,
      wasRefused = true,
      sentAt = time.now(),
    } = {},
  ): Promise<string | number | undefined> {
    const settlement = createSettlement(ports);
    const message = createMessage(track(sqsMessageId), { sqsMessageId, sentAt });
    const operation = registerMessage(settlement, message, ports)?.operations[0];
    if (operation === undefined) throw new Error('The event has no operation.');
    if (hasReturned) operation.queuedEvent.lot = 'returned';
    const firstRejectedAt = time.now();
    const firstRefusedAt = wasRefused ? firstRejectedAt : Number.POSITIVE_INFINITY;
    const batch = { ...createBatchAttempts(), failures: 3, firstFailedAt: firstRejectedAt };
    if (acceptedBetween) await acceptAnother();
    await pass(1_000);
    const rejection: Rejection = {
      outcome,
      reason: reactions[outcome].reason,
      detail: `Salesmachine answered ${outcome}`,
      at: time.now(),
      acceptedBefore: evidence.acceptedAt(),
      mayGoUnproven: evidence.mayGiveUpUnproven(),
    };
    if (acceptedAfter) await acceptAnother();
    judge(operation, rejection, { settlement, batch, firstRefusedAt });
    await settlement.settleDone();
    await settlement.releaseRest(gate.resumesInMs());
    return (
      queue.deadLetters.find(({ sourceId }) => sourceId === sqsMessageId)?.reason ??
      queue.released.get(sqsMessageId)
    );
  }

  /** Nothing else passes, and five are given up. */
  async function refuseFive(): Promise<(string | number | undefined)[]> {
    const outcomes: (string | number | undefined)[] = [];
    for (let index = 0; index < 5; index += 1) outcomes.push(await reject(`refused ${index}`, 'rejected'));
    return outcomes;
  }

  function openBreaker(): void {
    const batch = createBatchAttempts();
    for (let failures = 0; failures < 5; failures += 1)
      gate.recordOutcome({ outcome: 'transient', result: createResponse(503), detail: '', batch });
  }

  return { pass, reject, refuseFive, openBreaker, gate, kept };
}

describe('an operation that is refused alone', () => {
  test('is given up at once if another one passed between two refusals of it, however many there are', async () => {
    const { reject, refuseFive, gate } = setUpJudge();
    for (let index = 0; index < 10; index += 1)
      expect(await reject(`proven ${index}`, 'rejected', { acceptedBetween: true })).toBe('rejected');
    expect(gate.pause()).toBeUndefined();
    expect(await refuseFive()).toEqual(Array.from({ length: 5 }, () => 'rejected'));
  });

  test('while the breaker is open leaves its cause as it is', async () => {
    const { reject, refuseFive, openBreaker, gate } = setUpJudge();
    await refuseFive();
    openBreaker();
    await reject('the sixth', 'rejected');
    expect(gate.pause()).toMatchObject({ cause: 'outage' });
  });

  test('is given up five times though nothing else passes; the sixth opens the breaker and comes back', async () => {
    const { reject, refuseFive, gate } = setUpJudge();
    expect(await refuseFive()).toEqual(Array.from({ length: 5 }, () => 'rejected'));
    expect(gate.pause()).toBeUndefined();
    expect(await reject('the sixth', 'rejected')).toEqual(expect.any(Number));
    expect(gate.pause()).toMatchObject({ cause: 'configuration', isRefusal: true });
  });

  test('when five had been given up comes back, though another one passes before it is judged', async () => {
    const { reject, refuseFive, gate } = setUpJudge();
    await refuseFive();
    expect(await reject('the sixth', 'rejected', { acceptedAfter: true })).toEqual(expect.any(Number));
    expect(gate.pause()).toBeUndefined();
  });

  test('after its batch had failed for another reason, has no proof by what passed before it was refused', async () => {
    const { reject, refuseFive } = setUpJudge();
    await refuseFive();
    const options = { acceptedBetween: true, wasRefused: false };
    expect(await reject('the first', 'rejected', options)).toBe('rejected');
    for (let index = 0; index < 4; index += 1)
      expect(await reject(`later ${index}`, 'rejected', { wasRefused: false })).toBe('rejected');
    expect(await reject('the sixth', 'rejected', { wasRefused: false })).toEqual(expect.any(Number));
  });

  test('that was kept for another reason has no proof by what passed before it was refused', async () => {
    const { reject, refuseFive, gate } = setUpJudge();
    await reject('kept', 'credential', { acceptedBetween: true });
    gate.recordOutcome({ outcome: 'delivered', result: OK, detail: '' });
    await refuseFive();
    expect(await reject('kept', 'rejected', { wasRefused: false })).toEqual(expect.any(Number));
  });

  test('is given up when it comes back and is refused again, if another one passed since its first refusal', async () => {
    const { reject, refuseFive, gate } = setUpJudge();
    await refuseFive();
    await reject('the sixth', 'rejected');
    gate.recordOutcome({ outcome: 'delivered', result: OK, detail: '' });
    expect(await reject('the sixth', 'rejected')).toBe('rejected');
  });

  test('is given up when it is older than MAX_EVENT_AGE_HOURS, so that the retention does not eat it', async () => {
    const { reject, refuseFive } = setUpJudge();
    await refuseFive();
    expect(await reject('old', 'rejected', { sentAt: START - 72 * HOUR_MS })).toBe('rejected');
    expect(await reject('young', 'rejected', { sentAt: START - 71 * HOUR_MS })).toEqual(expect.any(Number));
  });
});

describe('an operation that fails alone while others pass', () => {
  test.each([
    ['credential', 'rejected'],
    ['configuration', 'rejected'],
    ['conflict', 'rejected'],
  ] as const)('with %s is given up after ten minutes and three tries, as %s', async (outcome, reason) => {
    const { reject, pass } = setUpJudge();
    for (let tries = 0; tries < 4; tries += 1) {
      expect(await reject('bad', outcome, { acceptedBetween: true })).toEqual(expect.any(Number));
      await pass(2 * MINUTE_MS);
    }
    await pass(2 * MINUTE_MS);
    expect(await reject('bad', outcome, { acceptedBetween: true })).toBe(reason);
  });

  test('is not given up after ten minutes for fewer than three tries', async () => {
    const { reject, pass } = setUpJudge();
    await reject('bad', 'credential', { acceptedBetween: true });
    await pass(20 * MINUTE_MS);
    expect(await reject('bad', 'credential', { acceptedBetween: true })).toEqual(expect.any(Number));
  });

  test.each(['transient', 'possibly_applied'] as const)(
    'with %s is tried until it is older than MAX_EVENT_AGE_HOURS: the server may recover',
    async (outcome) => {
      const { reject, pass } = setUpJudge();
      const sentAt = START - 70 * HOUR_MS;
      for (let tries = 0; tries < 4; tries += 1) {
        expect(await reject('bad', outcome, { acceptedBetween: true, sentAt })).toEqual(expect.any(Number));
        await pass(15 * MINUTE_MS);
      }
      await pass(HOUR_MS);
      expect(await reject('bad', outcome, { acceptedBetween: true, sentAt })).toBe('server_error');
    },
  );

  test('is not given up for its age before it has failed alone three times', async () => {
    const { reject } = setUpJudge();
    const options = { acceptedBetween: true, sentAt: START - 100 * HOUR_MS };
    expect(await reject('old', 'transient', options)).toEqual(expect.any(Number));
    expect(await reject('old', 'transient', options)).toEqual(expect.any(Number));
    expect(await reject('old', 'transient', options)).toBe('server_error');
  });

  test('comes back when its next try is due', async () => {
    const { reject, kept } = setUpJudge();
    const seconds = await reject('bad', 'transient', { acceptedBetween: true });
    expect(kept.status()).toEqual({ messages: 1, nextAt: START + 1_002 + 1_000 * Number(seconds) });
  });
});

describe('an operation that fails alone while nothing passes', () => {
  test('is not held against it: it comes back with the others', async () => {
    const { reject, kept } = setUpJudge();
    expect(await reject('a', 'transient')).toEqual(expect.any(Number));
    expect(kept.get('a')).toBeUndefined();
  });

  test('is kept if it came back because of a failure, and only tries while others pass count against it', async () => {
    const { reject, pass, kept } = setUpJudge();
    for (let tries = 0; tries < 6; tries += 1) {
      expect(await reject('a', 'credential', { hasReturned: true })).toEqual(expect.any(Number));
      await pass(5 * MINUTE_MS);
    }
    expect(kept.get('a')).toMatchObject({ failures: 6, proven: 0 });
    const options = { acceptedBetween: true };
    expect(await reject('a', 'credential', options)).toEqual(expect.any(Number));
    expect(await reject('a', 'credential', options)).toEqual(expect.any(Number));
    expect(await reject('a', 'credential', options)).toBe('rejected');
  });

  test('while the breaker is open does not count as a try of one that is kept', async () => {
    const { reject, kept, openBreaker } = setUpJudge();
    await reject('bad', 'transient', { acceptedBetween: true });
    openBreaker();
    await reject('bad', 'transient');
    expect(kept.get('bad')?.failures).toBe(1);
  });

  test('while the breaker is open is not given up, though it was kept for long and failed often', async () => {
    const { reject, pass, openBreaker } = setUpJudge();
    for (let tries = 0; tries < 3; tries += 1) {
      await reject('bad', 'credential', { acceptedBetween: true });
      await pass(MINUTE_MS);
    }
    await pass(10 * MINUTE_MS);
    openBreaker();
    expect(await reject('bad', 'credential')).toEqual(expect.any(Number));
  });

  test('while the breaker is open is not given up, however old it is', async () => {
    const { reject, kept, openBreaker } = setUpJudge();
    openBreaker();
    const options = { sentAt: START - 100 * HOUR_MS };
    for (let tries = 0; tries < 5; tries += 1)
      expect(await reject('old', 'credential', options)).toEqual(expect.any(Number));
    expect(kept.get('old')).toBeUndefined();
  });
});

test('an alias that Salesmachine does not know is given up at once', async () => {
  const { reject, refuseFive } = setUpJudge();
  await refuseFive();
  expect(await reject('alias', 'alias_unsupported')).toBe('alias_unsupported');
});
