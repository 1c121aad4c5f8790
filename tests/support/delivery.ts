import type { DeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import type { DeliverySettings } from '../../lib/delivery/ports.ts';
import { type Work, workOf } from '../../lib/delivery/queued-event.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import type { Answer, Salesmachine, SalesmachinePath } from '../../lib/salesmachine/client.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import type { Queue } from '../../lib/sqs/worker-queue.ts';
import type { VirtualTime } from '../simulation/virtual-time.ts';

/** When the messages of these tests were queued: the virtual time's beginning. */
export const START = Date.UTC(2026, 0, 1);

/** One request a second and lane. */
export const SETTINGS: DeliverySettings = {
  quota: { requests: 600, windowSeconds: 300, share: 1, lanes: 2 },
  mapping: { anonymousContacts: 'keep', alias: 'single' },
  maxEventAgeMs: 72 * 3_600_000,
};

let messages = 0;

/** A message with the event; its group is the user's. */
export function messageOf(event: JsonObject, changes: Partial<ReceivedMessage> = {}): ReceivedMessage {
  messages += 1;
  return {
    messageId: `message ${messages}`,
    receiptHandle: `receipt ${messages}`,
    body: JSON.stringify(event),
    groupId: `group of ${JSON.stringify(event['userId'])}`,
    sentAt: START,
    receiveCount: 1,
    attributes: { version: '1', acceptedAt: new Date(START).toISOString() },
    ...changes,
  };
}

export const track = (userId: string, event = 'Clicked', fields: JsonObject = {}): JsonObject => ({
  type: 'track',
  userId,
  event,
  ...fields,
});

export const identify = (userId: string, traits: JsonObject, fields: JsonObject = {}): JsonObject => ({
  type: 'identify',
  userId,
  traits,
  ...fields,
});

/** What the lane makes of a message with the event. */
export function workFor(event: JsonObject, changes: Partial<ReceivedMessage> = {}): Work {
  const work = workOf(messageOf(event, changes), SETTINGS.mapping);
  if ('invalid' in work) throw new Error(work.invalid);
  return work;
}

export const answered = (
  status: number,
  body: string | object = '',
  headers: Record<string, string> = {},
): Answer => ({
  kind: 'response',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export const OK = answered(201, { status: 'success' });

export type Request = { path: SalesmachinePath; operations: Operation[]; at: number };

/** Salesmachine that answers as it is told, after some time; it keeps every request, with its second since the start. */
export function fakeSalesmachine(
  clock: Clock,
  answer: (request: Request, index: number) => Answer,
  latencyMs = 0,
): Salesmachine & { requests: Request[] } {
  const requests: Request[] = [];
  return {
    requests,
    renewCredential: async () => {},
    async post(path, json) {
      const operations: Operation[] = path === '/v1/ping' ? [] : [JSON.parse(json)].flat();
      const request = { path, operations, at: (clock.now() - START) / 1_000 };
      const given = answer(request, requests.push(request) - 1);
      if (latencyMs > 0) await clock.sleep(latencyMs);
      return given;
    },
  };
}

export type FakeQueue = Queue & {
  /** What was asked of it, in order. */
  calls: string[];
  letters: DeadLetter[];
  /** By message id, in seconds. */
  handedBack: Map<string, number>;
};

type QueueFaults = {
  /** Whether dead letters are confirmed. */
  buries?: () => boolean;
  /** Whether a message can be deleted. */
  removes?: (message: ReceivedMessage) => boolean;
};

/** The worker's side of a queue that holds nothing. */
export function fakeQueue({ buries = () => true, removes = () => true }: QueueFaults = {}): FakeQueue {
  const calls: string[] = [];
  const letters: DeadLetter[] = [];
  const handedBack = new Map<string, number>();
  return {
    calls,
    letters,
    handedBack,
    receive: async () => [],
    async remove(removed) {
      for (const message of removed) calls.push(`remove ${message.messageId}`);
      return removed.filter((message) => !removes(message));
    },
    async handBack(back) {
      for (const { message, seconds } of back) {
        calls.push(`hand back ${message.messageId}`);
        handedBack.set(message.messageId, seconds);
      }
    },
    async bury(more) {
      calls.push(...more.map(({ origin }) => `bury ${origin}`));
      if (!buries()) return false;
      letters.push(...more);
      return true;
    },
  };
}

/** Lets the virtual time pass until what was begun is over. */
export async function settled<T>(time: VirtualTime, begun: Promise<T>): Promise<T> {
  // It may fail before anybody waits for it.
  begun.catch(() => undefined);
  await time.run();
  return begun;
}
