import { expect, test } from '@jest/globals';
import { createBacklog } from '../../../lib/delivery/backlog.ts';
import type { Lot } from '../../../lib/delivery/queued-event.ts';
import { createSettlement } from '../../../lib/delivery/settlement.ts';
import type { ReceivedMessage } from '../../../lib/sqs/received-message.ts';
import { createMessage, fakeQueue, registerMessage, track } from '../../support/delivery.ts';
import { recordingLog } from '../../support/log.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';

const SELECTION = { locked: new Set<string>(), aliasAlone: true };

function setUp(chooseLot: (message: ReceivedMessage) => Lot | number = () => 'fresh') {
  const time = createVirtualTime();
  const log = recordingLog();
  const settlement = createSettlement({ queue: fakeQueue(), clock: time, random: () => 0.5, log });
  const read: ReceivedMessage[] = [];
  const backlog = createBacklog({
    settlement,
    readMessage(message) {
      read.push(message);
      return registerMessage(settlement, message, { clock: time, log });
    },
    chooseLot,
  });
  const select = (selection = {}) =>
    backlog.select({ ...SELECTION, ...selection }).map(({ message }) => message);
  return { backlog, settlement, select, read };
}

const receivedBefore = (userId: string) => createMessage(track(userId), { receiveCount: 2 });

test('messages go in the order in which they came', () => {
  const { backlog, select } = setUp();
  const messages = ['u1', 'u2', 'u1'].map((user) => createMessage(track(user)));
  backlog.add(messages);
  expect(select()).toEqual(messages);
});

test('what is put back goes before all that is left', () => {
  const { backlog, select } = setUp();
  const messages = ['u1', 'u2', 'u3', 'u1'].map((user) => createMessage(track(user)));
  backlog.add(messages);
  const events = backlog.select({ ...SELECTION, maxEvents: 2 });
  backlog.remove(events);
  expect(select()).toEqual(messages.slice(2));
  backlog.putBack(events);
  expect(select()).toEqual(messages);
});

test('of a group that has failed, nothing is sent, nor even read', () => {
  const { backlog, settlement, select, read } = setUp();
  const [first, behind, other] = ['u1', 'u1', 'u2'].map((user) => createMessage(track(user)));
  if (!first || !behind || !other) throw new Error('There are three.');
  backlog.add([first, behind, other]);
  settlement.failGroup(first);
  expect(select()).toEqual([other]);
  expect(read).toEqual([other]);
  backlog.add([createMessage(track('u1'))]);
  expect(select()).toEqual([other]);
});

test('what was received before waits until it is admitted, takes its room, and then stands last', () => {
  const { backlog, select } = setUp();
  const [suspect, fresh, later] = [
    receivedBefore('u1'),
    createMessage(track('u2')),
    createMessage(track('u3')),
  ];
  backlog.add([suspect, fresh]);
  expect(backlog.hasSuspects()).toBe(true);
  expect(backlog.room()).toBe(98);
  expect(select()).toEqual([fresh]);
  backlog.add([later]);
  expect(backlog.admitSuspects()).toEqual([suspect]);
  expect(select()).toEqual([fresh, later, suspect]);
  expect(backlog.hasSuspects()).toBe(false);
});

test('what stands behind a suspect of its group waits with it', () => {
  const { backlog, select } = setUp();
  const [suspect, behind] = [receivedBefore('u1'), createMessage(track('u1'))];
  backlog.add([suspect, behind]);
  expect(select()).toEqual([]);
  expect(backlog.admitSuspects()).toEqual([suspect, behind]);
  expect(select()).toEqual([suspect, behind]);
});

test('what stands behind another of its group is not chosen a lot: it came because of that one', () => {
  const chosen: ReceivedMessage[] = [];
  const { backlog, select } = setUp((message) => {
    chosen.push(message);
    return 'fresh';
  });
  const [first, unread, pending] = ['u1', 'u1', 'u1'].map((user) => createMessage(track(user)));
  if (!first || !unread || !pending) throw new Error('There are three.');
  backlog.add([first, unread]);
  select();
  backlog.add([pending]);
  expect(chosen).toEqual([first]);
  expect(select()).toEqual([first, unread, pending]);
});

test('a message that is kept away is not read, and neither is what comes behind it', () => {
  const { backlog, settlement, select, read } = setUp(() => 5_000);
  const [kept, behind] = [createMessage(track('u1')), createMessage(track('u1'))];
  backlog.add([kept, behind]);
  expect(settlement.isGroupFailed(behind)).toBe(true);
  expect(select()).toEqual([]);
  expect(read).toEqual([]);
  expect(backlog.isEmpty()).toBe(true);
});

test('an open breaker is probed with what is likeliest to pass, and at last with what is sent alone', () => {
  const lots = new Map<string, Lot>();
  const { backlog } = setUp(({ sqsMessageId }) => lots.get(sqsMessageId) ?? 'fresh');
  const messages = (['alone', 'returned', 'fresh'] as const).map((lot) => {
    const message = createMessage(track(lot));
    lots.set(message.sqsMessageId, lot);
    return message;
  });
  backlog.add(messages);
  const probes = messages.map(() => {
    const probe = backlog.selectProbe(SELECTION);
    backlog.remove(probe);
    return probe.map(({ lot }) => lot);
  });
  expect(probes).toEqual([['fresh'], ['returned'], ['alone']]);
  expect(backlog.selectProbe(SELECTION)).toEqual([]);
});
