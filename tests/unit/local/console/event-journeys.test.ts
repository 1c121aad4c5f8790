import { expect, test } from '@jest/globals';
import { deadLetterId } from '../../../../lib/dead-letters/dead-letter.ts';
import { createEventJourneys } from '../../../../lib/local/console/event-journeys.ts';
import { createEventRing } from '../../../../lib/local/console/event-ring.ts';
import { createLanes } from '../../../../lib/local/console/lanes.ts';

const body = '{"type":"track"}';
const at = (ms: number) => ({ acceptedAt: new Date(ms).toISOString() });

function setUpJourneys() {
  let now = 1_000;
  const events = createEventRing();
  const lanes = createLanes(2);
  const latencies: number[] = [];
  let accepted = 0;
  const journeys = createEventJourneys({
    events,
    lanes,
    now: () => now,
    currentSource: () => undefined,
    onAccepted: () => {
      accepted += 1;
    },
    onDelivered: (ms) => latencies.push(ms),
  });
  const { sent, received, deleted, released } = journeys.queueListener;
  return {
    ...journeys,
    events,
    latencies,
    accepted: () => accepted,
    /** How many events each lane holds. */
    held: () => lanes.rows(() => [], []).map((lane) => lane.held),
    pass(ms: number) {
      now += ms;
    },
    send: (sqsMessageId: string, attributes: Record<string, string> = at(now)) =>
      sent?.('main', { sqsMessageId, body, groupId: 'user', attributes }),
    receive: (sqsMessageId: string, attributes: Record<string, string> = {}, sentAt = now) =>
      received?.('main', {
        sqsMessageId,
        receiptHandle: 'receipt',
        body,
        groupId: 'user',
        sentAt,
        receiveCount: 1,
        attributes,
      }),
    deadLetter: (groupId: string, reason: string) =>
      sent?.('deadLetters', { sqsMessageId: `of ${groupId}`, body, groupId, attributes: { reason } }),
    delete: (id: string) => deleted?.('main', id),
    release: (id: string) => released?.('main', id, 30),
  };
}

test('an event that comes again is no new one, also once it is delivered', () => {
  const { send, pass, events, accepted, latencies, oldestSentAt, ...journeys } = setUpJourneys();
  send('m1');
  send('m1');
  pass(300);
  journeys.delete('m1');
  send('m1');
  expect([accepted(), latencies, oldestSentAt()]).toEqual([1, [300], null]);
  expect(events.get('m1')?.steps.map(({ kind }) => kind)).toEqual(['queued', 'came', 'delivered', 'came']);
});

test('the oldest event is the first that was sent and has not left the queue', () => {
  const { send, pass, oldestSentAt, ...journeys } = setUpJourneys();
  expect(oldestSentAt()).toBeNull();
  send('m1');
  pass(500);
  send('m2');
  expect(oldestSentAt()).toBe(1_000);
  journeys.delete('m1');
  expect(oldestSentAt()).toBe(1_500);
});

test('a dead letter that is replayed and fails again goes on with its journey', () => {
  const { send, receive, deadLetter, events, ...journeys } = setUpJourneys();
  send('m1');
  receive('m1');
  deadLetter(deadLetterId('m1', 0), 'server_error');
  journeys.delete('m1');
  const replay = { ...at(1_000), replays: '1' };
  send('m2', replay);
  receive('m2', replay);
  deadLetter(deadLetterId('m2', 1), 'rejected');
  journeys.delete('m2');
  expect(events.changedSince(0)).toHaveLength(1);
  expect(events.get('m1')).toMatchObject({ state: 'deadLetter', detail: 'rejected' });
});

test('a lane holds what it has received, until that is delivered, released, or the invocation fails', async () => {
  const { send, release, runInLane, held, ...journeys } = setUpJourneys();
  const messages = ['m1', 'm2', 'm3'].map((id) => ({ id, receiveCount: 1 }));
  for (const { id } of messages) send(id);
  const counts: number[][] = [];
  const invocation = runInLane(1, messages, async () => {
    counts.push(held());
    journeys.delete('m1');
    release('m2');
    counts.push(held());
    throw new Error('The worker fails.');
  });
  await expect(invocation).rejects.toThrow('The worker fails.');
  expect([...counts, held()]).toEqual([
    [0, 3],
    [0, 1],
    [0, 0],
  ]);
});

test('what another program has put into the queue is listed, but not what was listed and has had to go', () => {
  const { receive, send, events } = setUpJourneys();
  send('m1');
  receive('of another program', {}, 2_000);
  receive('gone', {}, 500);
  expect(events.changedSince(0).map(({ id }) => id)).toEqual(['m1', 'of another program']);
});
