import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import type { DeadLetterWriter } from '../dead-letters/dead-letter-writer.ts';
import type { Reason } from '../dead-letters/reasons.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import {
  decodeBody,
  getAcceptedAt,
  isFromLaterVersion,
  type ReceivedMessage,
} from '../sqs/received-message.ts';
import type { WorkerQueue } from '../sqs/worker-queue.ts';
import type { Log } from '../telemetry/log.ts';
import type { PendingOperation, QueuedEvent } from './queued-event.ts';
import { planRelease, type Released, type UnsettledMessage } from './release.ts';

/** The worker's side of both queues. */
export type DeliveryQueue = WorkerQueue & DeadLetterWriter;

type Ports = { queue: DeliveryQueue; clock: Clock; random: Random; log: Log };

/** Why a message is given up; `detail` quotes no value of the event. */
export type GiveUp = { reason: Reason; status?: number | undefined; detail: string };

type Entry = UnsettledMessage & { queuedEvent?: QueuedEvent; deadLetter?: DeadLetter };

/**
 * What becomes of the messages of one invocation: each is deleted, or written as a dead letter and then deleted, or
 * released. A message is done when all its operations are delivered or given up.
 */
export type Settlement = {
  /** Takes a message on; false if only a later version of the worker knows how to deliver it. */
  add(message: ReceivedMessage): boolean;
  /** What the message was read as. */
  setEvent(queuedEvent: QueuedEvent): void;
  /** The message has nothing to deliver. */
  skip(message: ReceivedMessage): void;
  markDelivered(operations: readonly PendingOperation[]): void;
  rejectOperation(operation: PendingOperation, giveUp: GiveUp): void;
  rejectMessage(message: ReceivedMessage, giveUp: GiveUp): void;
  /** The message cannot be settled here, or not now: nothing of its group may be sent any more. */
  failGroup(message: ReceivedMessage): void;
  /** The same, and the group comes back only after `delayMs`. */
  keepGroup(message: ReceivedMessage, delayMs: number): void;
  isGroupFailed(message: ReceivedMessage): boolean;
  /** Writes the dead letters, and deletes the messages that are done. */
  settleDone(): Promise<void>;
  /** Releases the messages that are not done, and returns them. Nothing may be sent after that. */
  releaseRest(resumesInMs: number | undefined): Promise<Released[]>;
};

export function createSettlement({ queue, clock, random, log }: Ports): Settlement {
  const entries = new Map<string, Entry>();
  const done = new Set<Entry>();
  const failedGroups = new Set<string>();
  const undeleted: ReceivedMessage[] = [];
  const counts = { delivered: 0, deadLettered: 0, skipped: 0 };

  const toDeadLetter = ({ message, queuedEvent }: Entry, giveUp: GiveUp): DeadLetter => ({
    body: decodeBody(message),
    sourceId: message.sqsMessageId,
    reason: giveUp.reason,
    detail: giveUp.detail,
    status: giveUp.status,
    attempts: Math.max(1, queuedEvent?.failures ?? 0),
    deadAt: clock.now(),
    acceptedAt: getAcceptedAt(message),
    messageId: queuedEvent?.event.messageId,
    type: queuedEvent?.event.type,
    replays: Number(message.attributes['replays'] ?? 0),
  });

  const deleteMessages = async (messages: ReceivedMessage[]) =>
    messages.length > 0 ? queue.deleteMessages(messages) : [];

  const failGroup = (message: ReceivedMessage) => failedGroups.add(message.groupId);

  function countOutcome({ queuedEvent, deadLetter }: Entry): void {
    if (deadLetter !== undefined) counts.deadLettered += 1;
    else if (queuedEvent && queuedEvent.operations.length > 0) counts.delivered += 1;
    else counts.skipped += 1;
  }

  function settleOperation(operation: PendingOperation): void {
    operation.queuedEvent.pendingOperations -= 1;
    const entry = entries.get(operation.queuedEvent.message.sqsMessageId);
    if (entry && operation.queuedEvent.pendingOperations === 0) done.add(entry);
  }

  function logDeadLetters(deadLetters: readonly DeadLetter[]): void {
    for (const { reason, detail, status, messageId } of deadLetters) {
      log.warn('dead letter written', {
        reason,
        problem: detail,
        status,
        events: 1,
        messageIds: messageId ? [messageId] : [],
      });
    }
  }

  return {
    add(message) {
      const isLeftToOthers = isFromLaterVersion(message);
      entries.set(message.sqsMessageId, { message, isLeftToOthers });
      if (!isLeftToOthers) return true;
      log.warn('message of later version released', { version: message.attributes['version'] });
      failGroup(message);
      return false;
    },

    setEvent(queuedEvent) {
      const entry = entries.get(queuedEvent.message.sqsMessageId);
      if (entry) entry.queuedEvent = queuedEvent;
    },

    skip(message) {
      const entry = entries.get(message.sqsMessageId);
      if (entry) done.add(entry);
    },

    markDelivered: (operations) => operations.forEach(settleOperation),

    rejectOperation(operation, giveUp) {
      const entry = entries.get(operation.queuedEvent.message.sqsMessageId);
      if (entry) entry.deadLetter ??= toDeadLetter(entry, giveUp);
      settleOperation(operation);
    },

    rejectMessage(message, giveUp) {
      const entry = entries.get(message.sqsMessageId);
      if (entry === undefined) return;
      entry.deadLetter = toDeadLetter(entry, giveUp);
      if (entry.queuedEvent) entry.queuedEvent.pendingOperations = 0;
      done.add(entry);
    },

    failGroup,
    keepGroup(message, delayMs) {
      const entry = entries.get(message.sqsMessageId);
      if (entry) entry.delayMs = delayMs;
      failGroup(message);
    },
    isGroupFailed: (message) => failedGroups.has(message.groupId),

    async settleDone() {
      const settled = [...done];
      done.clear();
      const deadLetters = settled.flatMap(({ deadLetter }) => deadLetter ?? []);
      const written = deadLetters.length === 0 || (await queue.writeDeadLetters(deadLetters));
      const toDelete = settled.filter(({ deadLetter }) => deadLetter === undefined || written);
      for (const entry of toDelete) {
        entries.delete(entry.message.sqsMessageId);
        countOutcome(entry);
      }
      if (written) logDeadLetters(deadLetters);
      undeleted.push(...(await deleteMessages(toDelete.map(({ message }) => message))));
    },

    async releaseRest(resumesInMs) {
      const stillUndeleted = await deleteMessages(undeleted);
      if (stillUndeleted.length > 0)
        log.warn('delivered messages not deleted', { messages: stillUndeleted.length, cause: 'not_deleted' });
      const rest = [...entries.values()];
      const released = planRelease(rest, resumesInMs, clock.now(), random);
      await queue.release(released);
      const now = clock.now();
      log.info('invocation settled', {
        ...counts,
        released: rest.length,
        oldestLeftMs: rest.reduce((oldest, { message }) => Math.max(oldest, now - message.sentAt), 0),
        messageIds: rest.flatMap(({ queuedEvent }) => queuedEvent?.event.messageId ?? []),
      });
      return released;
    },
  };
}
