import { describe, expect, test } from '@jest/globals';
import { createBatchAttempts } from '../../../lib/delivery/evidence.ts';
import { createLane } from '../../../lib/delivery/lane.ts';
import type { ApiResult } from '../../../lib/salesmachine/client.ts';
import { toOutcome } from '../../../lib/salesmachine/outcome.ts';
import {
  createLaneParts,
  createMessage,
  createResponse,
  fakeQueue,
  fakeSalesmachine,
  OK,
  runToEnd,
  SETTINGS,
  START,
  track,
} from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

describe('a gate that is shut', () => {
  /** The lines about the wait for a slot after these answers. */
  async function loggedWait(...answers: ApiResult[]) {
    const time = createVirtualTime();
    const log = recordingLog();
    const salesmachine = fakeSalesmachine(time, () => OK);
    const { gate } = createLaneParts({ salesmachine, clock: time, random: () => 0.5, log });
    for (const result of answers) {
      const outcome = toOutcome('/v1/batch', result);
      gate.recordOutcome({ outcome, result, detail: '', batch: createBatchAttempts() });
    }
    await runToEnd(time, gate.acquireSlot(START + 60_000));
    return log.lines.filter(({ message }) => message === 'pause elapsed').map(({ fields }) => fields);
  }

  test('says for how long a 429 held its lane', async () => {
    expect(await loggedWait(createResponse(429, '', { 'retry-after': '20' }))).toEqual([
      { cause: 'throttled', pausedMs: 20_250 },
    ]);
  });

  test('says for how long a rejected credential did', async () => {
    expect(await loggedWait(...Array<ApiResult>(5).fill(createResponse(401)))).toEqual([
      { cause: 'credential', pausedMs: 1_000 },
    ]);
  });

  test('says nothing of the pace', async () => {
    expect(await loggedWait(OK)).toEqual([]);
  });
});

describe('a lane', () => {
  /** The lines of an invocation with these messages. */
  async function linesOf(answer: ApiResult, ages: readonly number[], deadlineMs: number) {
    const time = createVirtualTime();
    const log = recordingLog();
    const lane = createLane(SETTINGS, {
      queue: fakeQueue(),
      salesmachine: fakeSalesmachine(time, () => answer, 300),
      clock: time,
      random: () => 0.5,
      log,
    });
    const messages = ages.map((age, user) =>
      createMessage(track(`u${user}`, 'Clicked', { messageId: `m${user}` }), { sentAt: START - age }),
    );
    await runToEnd(time, lane.deliver(messages, START + deadlineMs));
    return log.lines;
  }

  test('says of each request what went, when, and how it ended', async () => {
    const answer = createResponse(201, '', { 'x-ratelimit-remaining': '871' });
    const lines = await linesOf(answer, [1_000, 7_000, 500], 90_000);
    expect(lines.filter(({ message }) => message === 'request completed')).toEqual([
      {
        level: 'info',
        message: 'request completed',
        fields: {
          path: '/v1/batch',
          outcome: 'delivered',
          status: 201,
          operations: 3,
          events: 3,
          waitMs: 0,
          received: 0,
          durationMs: 300,
          oldestAgeMs: 7_000,
          remaining: 871,
          messageIds: ['m0', 'm1', 'm2'],
        },
      },
    ]);
    expect(lines.at(-1)).toEqual({
      level: 'info',
      message: 'invocation settled',
      fields: { delivered: 3, deadLettered: 0, skipped: 0, released: 0, oldestLeftMs: 0, messageIds: [] },
    });
  });

  test('says in the words of Salesmachine what was refused, of the request and of the dead letter', async () => {
    const answer = createResponse(422, '{"error":"the attribute url is refused"}');
    const lines = await linesOf(answer, [1_000], 90_000);
    const problem = 'Salesmachine answered 422: the attribute url is refused';
    for (const message of ['request completed', 'dead letter written'])
      expect(lines).toContainEqual(
        expect.objectContaining({ message, fields: expect.objectContaining({ problem, status: 422 }) }),
      );
  });

  test('says of an invocation that delivers nothing what goes back, and how old it is', async () => {
    const lines = await linesOf(createResponse(503), [1_000, 7_000], 40_000);
    const { fields } = lines.at(-1) ?? {};
    expect(lines.at(-1)?.message).toBe('invocation settled');
    expect(fields).toMatchObject({ delivered: 0, released: 2, messageIds: ['m0', 'm1'] });
    // Its 20 s are up, and whatever was under way has ended.
    expect(fields?.oldestLeftMs).toBeGreaterThanOrEqual(27_000);
    expect(fields?.oldestLeftMs).toBeLessThan(47_000);
  });
});
