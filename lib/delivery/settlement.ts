import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import {
  decodeBody,
  getAcceptedAt,
  isFromLaterVersion,
  type ReceivedMessage,
} from '../sqs/received-message.ts';
import { unexpectedErrorFields } from '../telemetry/error-fields.ts';
import type { Rejection } from './attempt.ts';
import { delayUntilSeconds, outageDelaySeconds, retryDelaySeconds } from './backoff.ts';
import type { DeliveryPorts, DeliverySettings } from './ports.ts';
import { type QueuedEvent, readQueuedEvent } from './queued-event.ts';
import type { PendingOperation } from './request-operation.ts';

/** How long a message stays away whose dead letter the queue did not confirm. */
const DEAD_LETTER_RETRY_MS = 60_000;

type Entry = { message: ReceivedMessage; queuedEvent?: QueuedEvent; deadLetter?: DeadLetter };

/**
 * What one invocation owes: every message that it took ends as deleted, or as a dead letter and then deleted, or is
 * handed back. A message is done when all its operations are delivered or blamed.
 */
export type Settlement = {
  /** Takes a message on; its work, if there is something to deliver. */
  register(message: ReceivedMessage): QueuedEvent | undefined;
  markDelivered(operations: readonly PendingOperation[]): void;
  reject(operation: PendingOperation, rejection: Rejection): void;
  /** The work cannot be finished here; nothing of its group may be sent any more. */
  failGroup(queuedEvent: QueuedEvent): void;
  isGroupFailed(queuedEvent: QueuedEvent): boolean;
  /** Writes the dead letters and deletes what is done. */
  settleDone(): Promise<void>;
  /** Hands back what is not done, and returns it. Nothing may be sent after that. */
  releaseRest(resumesInMs: number | undefined): Promise<ReceivedMessage[]>;
};

export function createSettlement(
  settings: DeliverySettings,
  { queue, clock, random, log }: DeliveryPorts,
): Settlement {
  const entries = new Map<string, Entry>();
  const done = new Set<Entry>();
  const failedGroups = new Set<string>();
  const undeleted: ReceivedMessage[] = [];
  const counts = { delivered: 0, deadLettered: 0, skipped: 0 };

  const toDeadLetter = (
    message: ReceivedMessage,
    rejection: Rejection,
    queuedEvent?: QueuedEvent,
  ): DeadLetter => ({
    body: decodeBody(message),
    sourceId: message.sqsMessageId,
    reason: rejection.reason,
    detail: rejection.detail,
    status: rejection.status,
    attempts: 1 + (queuedEvent?.transientFailures ?? 0),
    deadAt: clock.now(),
    acceptedAt: getAcceptedAt(message),
    messageId: queuedEvent?.event.messageId,
    type: queuedEvent?.event.type,
    replays: Number(message.attributes['replays'] ?? 0),
  });

  const deleteMessages = async (messages: ReceivedMessage[]) =>
    messages.length > 0 ? queue.deleteMessages(messages) : [];

  /** When a message that is not done should come back; the longest of its group holds for all of it. */
  function getVisibilitySeconds(
    { message, queuedEvent, deadLetter }: Entry,
    resumesInMs: number | undefined,
  ): number {
    const isLeftToOthers = queuedEvent === undefined && deadLetter === undefined;
    if (resumesInMs === undefined || isLeftToOthers)
      return outageDelaySeconds(clock.now() - message.sentAt, random);
    if (resumesInMs > 0) return delayUntilSeconds(resumesInMs, random);
    if (deadLetter !== undefined) return delayUntilSeconds(DEAD_LETTER_RETRY_MS, random);
    return queuedEvent && queuedEvent.transientFailures > 0
      ? retryDelaySeconds(queuedEvent.transientFailures, random)
      : 0;
  }

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

  return {
    register(message) {
      const entry: Entry = { message };
      entries.set(message.sqsMessageId, entry);
      if (isFromLaterVersion(message)) {
        log.warn('message of later version released', {
          version: message.attributes['version'],
        });
        failedGroups.add(message.groupId);
        return undefined;
      }
      const queuedEvent = readQueuedEvent(message, settings.mapping);
      if ('invalid' in queuedEvent) {
        const { reason, invalid, error } = queuedEvent;
        if (reason === 'unmappable') log.error('event not mapped', unexpectedErrorFields(error));
        entry.deadLetter = toDeadLetter(message, { reason, detail: invalid });
        done.add(entry);
        return undefined;
      }
      entry.queuedEvent = queuedEvent;
      if (queuedEvent.operations.length > 0) return queuedEvent;
      done.add(entry);
      return undefined;
    },

    markDelivered: (operations) => operations.forEach(settleOperation),

    reject(operation, rejection) {
      const { queuedEvent } = operation;
      const entry = entries.get(queuedEvent.message.sqsMessageId);
      if (entry) entry.deadLetter ??= toDeadLetter(queuedEvent.message, rejection, queuedEvent);
      settleOperation(operation);
    },

    failGroup: (queuedEvent) => failedGroups.add(queuedEvent.message.groupId),
    isGroupFailed: (queuedEvent) => failedGroups.has(queuedEvent.message.groupId),

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
      if (written) {
        for (const { reason, status, messageId } of deadLetters)
          log.warn('dead letter written', {
            reason,
            status,
            events: 1,
            messageIds: messageId ? [messageId] : [],
          });
      }
      undeleted.push(...(await deleteMessages(toDelete.map(({ message }) => message))));
    },

    async releaseRest(resumesInMs) {
      const stillUndeleted = await deleteMessages(undeleted);
      if (stillUndeleted.length > 0)
        log.warn('delivered messages not deleted', {
          messages: stillUndeleted.length,
          cause: 'not_deleted',
        });
      const rest = [...entries.values()];
      const visibilityByGroup = new Map<string, number>();
      for (const entry of rest) {
        const { groupId } = entry.message;
        visibilityByGroup.set(
          groupId,
          Math.max(visibilityByGroup.get(groupId) ?? 0, getVisibilitySeconds(entry, resumesInMs)),
        );
      }
      await queue.release(
        rest.map(({ message }) => ({ message, seconds: visibilityByGroup.get(message.groupId) ?? 0 })),
      );
      const now = clock.now();
      log.info('invocation settled', {
        ...counts,
        released: rest.length,
        oldestLeftMs: rest.reduce((oldest, { message }) => Math.max(oldest, now - message.sentAt), 0),
        messageIds: rest.flatMap(({ queuedEvent }) => queuedEvent?.event.messageId ?? []),
      });
      return rest.map(({ message }) => message);
    },
  };
}
