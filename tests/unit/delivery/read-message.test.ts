import { expect, test } from '@jest/globals';
import { createEvidence, MAX_UNPROVEN } from '../../../lib/delivery/evidence.ts';
import { createMessageReader } from '../../../lib/delivery/read-message.ts';
import { createSettlement } from '../../../lib/delivery/settlement.ts';
import type { JsonObject } from '../../../lib/runtime/json.ts';
import { createMessage, fakeQueue, SETTINGS, START, track } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';

/** Reads messages by a clock that is so many seconds later each time that it is looked at. */
function createSlowReader(seconds: number) {
  let looks = 0;
  const clock = {
    now: () => START + looks++ * seconds * 1_000,
    sleep: () => Promise.reject(new Error('not needed')),
  };
  const queue = fakeQueue();
  const ports = { queue, clock, random: () => 0.5, log: recordingLog() };
  const settlement = createSettlement(ports);
  const readMessage = createMessageReader(SETTINGS, { ...ports, evidence: createEvidence() });
  const readEvent = (event: JsonObject, sentAt = START) => {
    const message = createMessage(event, { sentAt });
    settlement.add(message);
    return readMessage(message, settlement);
  };
  const read = (userId: string, sentAt?: number) => readEvent(track(userId), sentAt);
  return { read, readEvent, queue, settlement, lines: ports.log.lines };
}

test('an event that takes a minute to be read is given up: it would hold up all others each time', async () => {
  const { read, queue, settlement } = createSlowReader(60);
  expect(read('slow')).toBeUndefined();
  await settlement.settleDone();
  expect(queue.deadLetters).toMatchObject([{ reason: 'unmappable', detail: 'Reading it took 60 s.' }]);
});

test('an event that takes a second to be read is delivered', () => {
  const { read } = createSlowReader(1);
  expect(read('heavy')?.operations).toHaveLength(1);
});

test('where every event takes a minute, few are given up and the others wait', async () => {
  const { read, queue, settlement } = createSlowReader(60);
  for (let user = 0; user < 2 * MAX_UNPROVEN; user += 1) read(`slow-${user}`);
  await settlement.settleDone();
  await settlement.releaseRest(0);
  expect(queue.deadLetters).toHaveLength(MAX_UNPROVEN);
  expect(queue.released.size).toBe(MAX_UNPROVEN);
});

test('what is older than MAX_EVENT_AGE_HOURS is given up, however many were, so that the retention does not eat it', async () => {
  const { read, queue, settlement } = createSlowReader(60);
  for (let user = 0; user < 2 * MAX_UNPROVEN; user += 1) read(`slow-${user}`, START - SETTINGS.maxEventAgeMs);
  await settlement.settleDone();
  expect(queue.deadLetters).toHaveLength(2 * MAX_UNPROVEN);
});

test('an event that is invalid is given up, however many are, and is no error of the relay', async () => {
  const { readEvent, queue, settlement, lines } = createSlowReader(0);
  for (let user = 0; user < 2 * MAX_UNPROVEN; user += 1) readEvent({ type: 'track', userId: `u${user}` });
  await settlement.settleDone();
  expect(queue.deadLetters.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 2 * MAX_UNPROVEN }, () => 'invalid_event'),
  );
  expect(lines.filter(({ message }) => message === 'event not mapped')).toEqual([]);
});
