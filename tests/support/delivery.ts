import type { DeadLetter } from '../../lib/dead-letters/dead-letter.ts';
import { createBreaker } from '../../lib/delivery/breaker.ts';
import { createEvidence } from '../../lib/delivery/evidence.ts';
import { createGate } from '../../lib/delivery/gate.ts';
import { createKeptEvents } from '../../lib/delivery/kept-events.ts';
import type { DeliverySettings } from '../../lib/delivery/lane.ts';
import { createPacer } from '../../lib/delivery/pacer.ts';
import { type QueuedEvent, readQueuedEvent } from '../../lib/delivery/queued-event.ts';
import { createMessageReader } from '../../lib/delivery/read-message.ts';
import type { DeliveryQueue, Settlement } from '../../lib/delivery/settlement.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { JsonObject } from '../../lib/runtime/json.ts';
import type { Random } from '../../lib/runtime/random.ts';
import type { ApiResult, Salesmachine, SalesmachinePath } from '../../lib/salesmachine/client.ts';
import type { Operation } from '../../lib/salesmachine/operation.ts';
import type { ReceivedMessage } from '../../lib/sqs/received-message.ts';
import type { Log } from '../../lib/telemetry/log.ts';
import { DEFAULT_MAPPING } from './mapping-settings.ts';
import type { VirtualTime } from './virtual-time.ts';

/** When the messages of these tests were queued: the virtual time's beginning. */
export const START = Date.UTC(2026, 0, 1);

/** One request a second and lane. */
export const SETTINGS: DeliverySettings = {
  quota: { requests: 600, windowSeconds: 300, share: 1, lanes: 2 },
  mapping: DEFAULT_MAPPING,
  maxEventAgeMs: 72 * 3_600_000,
};

let messageCount = 0;

/** A message with the event; its group is the user's. */
export function createMessage(event: JsonObject, overrides: Partial<ReceivedMessage> = {}): ReceivedMessage {
  messageCount += 1;
  return {
    sqsMessageId: `message ${messageCount}`,
    receiptHandle: `receipt ${messageCount}`,
    body: JSON.stringify(event),
    groupId: `group of ${JSON.stringify(event['userId'])}`,
    sentAt: START,
    receiveCount: 1,
    attributes: { version: '1', acceptedAt: new Date(START).toISOString() },
    ...overrides,
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
export function createQueuedEvent(event: JsonObject, changes: Partial<ReceivedMessage> = {}): QueuedEvent {
  const queuedEvent = readQueuedEvent(createMessage(event, changes), SETTINGS.mapping);
  if ('invalid' in queuedEvent) throw new Error(queuedEvent.invalid);
  return queuedEvent;
}

export const createResponse = (
  status: number,
  body: string | object = '',
  headers: Record<string, string> = {},
): ApiResult => ({
  kind: 'response',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export const OK = createResponse(201, { status: 'success' });

export type Request = { path: SalesmachinePath; operations: Operation[]; at: number };

/**
 * Salesmachine that answers as it is told, after some time; it keeps every request, with its second since the start.
 */
export function fakeSalesmachine(
  clock: Clock,
  respond: (request: Request, index: number) => ApiResult,
  latencyMs = 0,
): Salesmachine & { requests: Request[] } {
  const requests: Request[] = [];
  return {
    requests,
    refreshCredentialIfOlderThan: async () => {},
    async post(path, json) {
      const operations: Operation[] = path === '/v1/ping' ? [] : [JSON.parse(json)].flat();
      const request = { path, operations, at: (clock.now() - START) / 1_000 };
      const response = respond(request, requests.push(request) - 1);
      if (latencyMs > 0) await clock.sleep(latencyMs);
      return response;
    },
  };
}

export type FakeQueue = DeliveryQueue & {
  /** What was asked of it, in order. */
  calls: string[];
  deadLetters: DeadLetter[];
  /** By message id, in seconds. */
  released: Map<string, number>;
};

type QueueFaults = {
  /** Whether dead letters are confirmed. */
  confirmsDeadLetters?: () => boolean;
  /** Whether a message can be deleted. */
  canDelete?: (message: ReceivedMessage) => boolean;
};

/** The worker's side of a queue that holds nothing. */
export function fakeQueue({
  confirmsDeadLetters = () => true,
  canDelete = () => true,
}: QueueFaults = {}): FakeQueue {
  const calls: string[] = [];
  const deadLetters: DeadLetter[] = [];
  const released = new Map<string, number>();
  return {
    calls,
    deadLetters,
    released,
    receive: async () => [],
    async deleteMessages(removed) {
      for (const message of removed) calls.push(`delete ${message.sqsMessageId}`);
      return removed.filter((message) => !canDelete(message));
    },
    async release(back) {
      for (const { message, seconds } of back) {
        calls.push(`release ${message.sqsMessageId}`);
        released.set(message.sqsMessageId, seconds);
      }
    },
    async writeDeadLetters(more) {
      calls.push(...more.map(({ sourceId }) => `dead-letter ${sourceId}`));
      if (!confirmsDeadLetters()) return false;
      deadLetters.push(...more);
      return true;
    },
  };
}

type LanePorts = { salesmachine: Salesmachine; clock: Clock; random: Random; log: Log };

/** What a lane is made of; at one slot a second, and none to borrow, where no other quota is given. */
export function createLaneParts(ports: LanePorts, quota: DeliverySettings['quota'] = SETTINGS.quota) {
  const pacer = createPacer(quota, ports.clock.now());
  const evidence = createEvidence();
  const breaker = createBreaker(ports.random);
  const kept = createKeptEvents({ lanes: quota.lanes, random: ports.random });
  return { pacer, evidence, breaker, kept, gate: createGate({ pacer, breaker, evidence }, ports) };
}

/** Takes the message on and reads it, as the lane does: the event, if there is something to deliver. */
export function registerMessage(
  settlement: Settlement,
  message: ReceivedMessage,
  ports: Pick<LanePorts, 'clock' | 'log'>,
): QueuedEvent | undefined {
  const readMessage = createMessageReader(SETTINGS, { ...ports, evidence: createEvidence() });
  return settlement.add(message) ? readMessage(message, settlement) : undefined;
}

/** Lets the virtual time pass until what was begun is over. */
export async function runToEnd<T>(time: VirtualTime, task: Promise<T>): Promise<T> {
  // It may fail before anybody waits for it.
  task.catch(() => undefined);
  await time.run();
  return task;
}
