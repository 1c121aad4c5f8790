import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createFifoQueue } from './queue-model.ts';
import type { QueuedMessage } from './queued-message.ts';

const HOUR = 3_600_000;
const settings = { visibilityMs: 30_000, retentionMs: 14 * 24 * HOUR };

const entry = (body: string, groupId = 'a') => ({
  body,
  groupId,
  deduplicationId: body,
  attributes: undefined,
  trace: undefined,
});

function createQueue(more: { maxReceiveCount?: number } = {}, lookAhead?: number) {
  const redriven: QueuedMessage[] = [];
  const expired: string[] = [];
  const queue = createFifoQueue(
    { ...settings, ...more },
    { redriven: (message) => redriven.push(message), expired: ({ body }) => expired.push(body) },
    lookAhead,
  );
  return { queue, redriven, expired };
}

const bodies = (messages: readonly QueuedMessage[]) => messages.map(({ body }) => body);

// What takes too long to be asked of a server in real time; the rest is in the contract of the queue.
describe('the model of the queue, over time', () => {
  test('forgets a deduplication id after five minutes, counted from the first message', () => {
    const { queue } = createQueue();
    expect(queue.send(entry('one'), 0).isDuplicate).toBe(false);
    expect(queue.send(entry('one'), 299_999).isDuplicate).toBe(true);
    expect(queue.send(entry('one'), 300_000).isDuplicate).toBe(false);
    expect(queue.counts(300_000)).toEqual({ visible: 2, inFlight: 0 });
  });

  test('drops what is older than its retention, in flight or not, and nothing younger', () => {
    const { queue, expired } = createQueue();
    queue.send(entry('in flight', 'a'), 0);
    queue.send(entry('waiting', 'b'), 0);
    queue.receive({ count: 1, visibilityMs: 12 * HOUR }, settings.retentionMs - HOUR);
    queue.send(entry('young', 'c'), settings.retentionMs - HOUR);
    expect(bodies(queue.receive({ count: 10 }, settings.retentionMs))).toEqual(['young']);
    expect(expired).toEqual(['in flight', 'waiting']);
  });

  test('a dead letter is kept for the whole retention of its queue', () => {
    const { queue: source, redriven } = createQueue({ maxReceiveCount: 1 });
    const { queue: deadLetters } = createQueue();
    source.send(entry('one'), 0);
    source.receive({ count: 1, visibilityMs: 0 }, HOUR);
    expect(source.receive({ count: 1 }, 2 * HOUR)).toEqual([]);
    for (const message of redriven) deadLetters.adopt(message, 2 * HOUR);
    expect(deadLetters.counts(settings.retentionMs + HOUR).visible).toBe(1);
    expect(deadLetters.counts(settings.retentionMs + 2 * HOUR).visible).toBe(0);
  });

  test('hides a message for twelve hours at most, counted from its receipt', () => {
    const { queue } = createQueue();
    queue.send(entry('one'), 0);
    const [message] = queue.receive({ count: 1, visibilityMs: 11 * HOUR }, 0);
    const receipt = message?.receipt ?? '';
    expect(queue.changeVisibility(receipt, 3 * HOUR, 10 * HOUR)).toBe('too_long');
    expect(queue.changeVisibility(receipt, 2 * HOUR, 10 * HOUR)).toBe('done');
    expect(queue.receive({ count: 1 }, 12 * HOUR - 1)).toEqual([]);
    expect(bodies(queue.receive({ count: 1 }, 12 * HOUR))).toEqual(['one']);
  });

  test('looks for groups among its first messages only', () => {
    const { queue } = createQueue({}, 3);
    for (const body of ['a1', 'a2', 'a3']) queue.send(entry(body, 'a'), 0);
    queue.send(entry('b1', 'b'), 0);
    const [first] = queue.receive({ count: 1 }, 1);
    expect(queue.receive({ count: 10 }, 2)).toEqual([]);
    queue.deleteMessage(first?.receipt ?? '', 3);
    expect(bodies(queue.receive({ count: 10 }, 4))).toEqual(['a2', 'a3', 'b1']);
  });

  test('lets no more be in flight than it looks at', () => {
    const { queue } = createQueue({}, 2);
    for (const group of ['a', 'b', 'c']) queue.send(entry(group, group), 0);
    expect(bodies(queue.receive({ count: 10 }, 1))).toEqual(['a', 'b']);
    expect(queue.receive({ count: 10 }, 2)).toEqual([]);
  });

  test('a repeated receive attempt keeps its messages invisible for longer, until one of them was touched', () => {
    const { queue } = createQueue();
    queue.send(entry('one', 'a'), 0);
    queue.send(entry('two', 'b'), 0);
    const attempt = { count: 10, attempt: 'x' };
    expect(bodies(queue.receive(attempt, 0))).toEqual(['one', 'two']);
    const [one] = queue.receive(attempt, 20_000);
    expect(one?.receiveCount).toBe(1);
    expect(queue.receive({ count: 10 }, 40_000)).toEqual([]);
    queue.deleteMessage(one?.receipt ?? '', 40_000);
    expect(queue.receive(attempt, 41_000)).toEqual([]);
    expect(bodies(queue.receive(attempt, 50_000))).toEqual(['two']);
  });
});

type Step = { kind: 'send' | 'receive' | 'delete' | 'return' | 'wait'; group: number; index: number };

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<Step['kind']>('send', 'send', 'receive', 'receive', 'delete', 'return', 'wait'),
    group: fc.nat(3),
    index: fc.nat(30),
  }),
  { maxLength: 120 },
);

/** What was received is of no group that is in flight, and of each group it is the oldest messages, in their order. */
function expectInOrder(
  received: readonly QueuedMessage[],
  inFlight: readonly QueuedMessage[],
  contents: readonly QueuedMessage[],
): void {
  const locked = new Set(inFlight.map(({ groupId }) => groupId));
  expect(received.filter(({ groupId }) => locked.has(groupId))).toEqual([]);
  for (const [groupId, messages] of Map.groupBy(received, (message) => message.groupId)) {
    const waiting = contents.filter((message) => message.groupId === groupId);
    expect(bodies(messages)).toEqual(bodies(waiting).slice(0, messages.length));
  }
}

test('whatever is done to the queue, no group is handed out while in flight, order holds, and nothing is lost', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const { queue } = createQueue();
      const deleted = new Set<string>();
      const sent: string[] = [];
      let inFlight: QueuedMessage[] = [];
      let now = 0;
      const actions: Record<Step['kind'], (step: Step, chosen?: QueuedMessage) => void> = {
        send({ group }) {
          const body = String(sent.length).padStart(4, '0');
          sent.push(body);
          queue.send(entry(body, String(group)), now);
        },
        receive({ index }) {
          const received = queue.receive({ count: 1 + (index % 10), visibilityMs: 50 }, now);
          expectInOrder(received, inFlight, [...queue.contents()]);
          inFlight.push(...received);
        },
        delete(_, chosen) {
          if (!chosen) return;
          expect(queue.deleteMessage(chosen.receipt, now)).toBe('done');
          deleted.add(chosen.body);
          inFlight = inFlight.filter((message) => message !== chosen);
        },
        return(_, chosen) {
          if (chosen) expect(queue.changeVisibility(chosen.receipt, 0, now)).toBe('done');
        },
        wait({ index }) {
          now += index * 3;
        },
      };
      for (const step of sequence) {
        now += 1;
        inFlight = inFlight.filter(({ invisibleUntil }) => invisibleUntil > now);
        actions[step.kind](step, inFlight[step.index % Math.max(1, inFlight.length)]);
        inFlight = inFlight.filter(({ invisibleUntil }) => invisibleUntil > now);
        expect(queue.counts(now).inFlight).toBe(inFlight.length);
      }
      expect(bodies([...queue.contents()])).toEqual(sent.filter((body) => !deleted.has(body)));
    }),
  );
});
