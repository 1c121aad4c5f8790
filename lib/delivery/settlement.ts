import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import {
  acceptedAt,
  isFromLaterVersion,
  originalBody,
  type ReceivedMessage,
} from '../sqs/received-message.ts';
import type { Blame } from './attempt.ts';
import { backoffSeconds, closedSeconds, untilSeconds } from './backoff.ts';
import type { DeliveryPorts, DeliverySettings } from './ports.ts';
import { type Work, workOf } from './queued-event.ts';
import type { Part } from './request-operation.ts';

/** How long a message stays away whose dead letter the queue did not confirm. */
const UNBURIED_MS = 60_000;

type Entry = { message: ReceivedMessage; work?: Work; letter?: DeadLetter };

/**
 * What one invocation owes: every message that it took ends as deleted, or as a dead letter and then deleted, or is
 * handed back. A message is done when all its operations are delivered or blamed.
 */
export type Ledger = {
  /** Takes a message on; its work, if there is something to deliver. */
  take(message: ReceivedMessage): Work | undefined;
  delivered(parts: readonly Part[]): void;
  blame(part: Part, blame: Blame): void;
  /** The work cannot be finished here; nothing of its group may be sent any more. */
  fail(work: Work): void;
  hasFailed(work: Work): boolean;
  /** Writes the dead letters and deletes what is done. */
  flush(): Promise<void>;
  /** Hands back what is not done, and returns it. Nothing may be sent after that. */
  close(opensInMs: number | undefined): Promise<ReceivedMessage[]>;
};

export function createLedger(
  settings: DeliverySettings,
  { queue, clock, random, log }: DeliveryPorts,
): Ledger {
  const entries = new Map<string, Entry>();
  const done = new Set<Entry>();
  const failedGroups = new Set<string>();
  const undeleted: ReceivedMessage[] = [];
  const counts = { delivered: 0, deadLettered: 0, skipped: 0 };

  const letterOf = (message: ReceivedMessage, blame: Blame, work?: Work): DeadLetter => ({
    body: originalBody(message),
    origin: message.messageId,
    reason: blame.reason,
    detail: blame.detail,
    status: blame.status,
    attempts: 1 + (work?.tries ?? 0),
    deadAt: clock.now(),
    acceptedAt: acceptedAt(message),
    messageId: work?.event.messageId,
    type: work?.event.type,
    replays: Number(message.attributes['replays'] ?? 0),
  });

  const remove = async (messages: ReceivedMessage[]) => (messages.length > 0 ? queue.remove(messages) : []);

  /** When a message that is not done should come back; the longest of its group holds for all of it. */
  function secondsFor({ message, work, letter }: Entry, opensInMs: number | undefined): number {
    const isLeftToOthers = work === undefined && letter === undefined;
    if (opensInMs === undefined || isLeftToOthers) return closedSeconds(clock.now() - message.sentAt, random);
    if (opensInMs > 0) return untilSeconds(opensInMs, random);
    if (letter !== undefined) return untilSeconds(UNBURIED_MS, random);
    return work && work.tries > 0 ? backoffSeconds(work.tries, random) : 0;
  }

  function count({ work, letter }: Entry): void {
    if (letter !== undefined) counts.deadLettered += 1;
    else if (work && work.parts.length > 0) counts.delivered += 1;
    else counts.skipped += 1;
  }

  function settle(part: Part): void {
    part.work.open -= 1;
    const entry = entries.get(part.work.message.messageId);
    if (entry && part.work.open === 0) done.add(entry);
  }

  return {
    take(message) {
      const entry: Entry = { message };
      entries.set(message.messageId, entry);
      if (isFromLaterVersion(message)) {
        log.warn('a message of a later version is left to a later worker', {
          version: message.attributes['version'],
        });
        failedGroups.add(message.groupId);
        return undefined;
      }
      const work = workOf(message, settings.mapping);
      if ('invalid' in work) {
        entry.letter = letterOf(message, { reason: 'invalid_event', detail: work.invalid });
        done.add(entry);
        return undefined;
      }
      entry.work = work;
      if (work.parts.length > 0) return work;
      done.add(entry);
      return undefined;
    },

    delivered: (parts) => parts.forEach(settle),

    blame(part, blame) {
      const { work } = part;
      const entry = entries.get(work.message.messageId);
      if (entry) entry.letter ??= letterOf(work.message, blame, work);
      settle(part);
    },

    fail: (work) => failedGroups.add(work.message.groupId),
    hasFailed: (work) => failedGroups.has(work.message.groupId),

    async flush() {
      const settled = [...done];
      done.clear();
      const letters = settled.flatMap(({ letter }) => letter ?? []);
      const buried = letters.length === 0 || (await queue.bury(letters));
      const gone = settled.filter(({ letter }) => letter === undefined || buried);
      for (const entry of gone) {
        entries.delete(entry.message.messageId);
        count(entry);
      }
      if (buried) {
        for (const { reason, status, messageId } of letters)
          log.warn('dead letter', { reason, status, events: 1, messageIds: messageId ? [messageId] : [] });
      }
      undeleted.push(...(await remove(gone.map(({ message }) => message))));
    },

    async close(opensInMs) {
      const still = await remove(undeleted);
      if (still.length > 0)
        log.warn('delivered, but not deleted: may be delivered again', {
          messages: still.length,
          cause: 'not_deleted',
        });
      const left = [...entries.values()];
      const bySeconds = new Map<string, number>();
      for (const entry of left) {
        const { groupId } = entry.message;
        bySeconds.set(groupId, Math.max(bySeconds.get(groupId) ?? 0, secondsFor(entry, opensInMs)));
      }
      await queue.handBack(
        left.map(({ message }) => ({ message, seconds: bySeconds.get(message.groupId) ?? 0 })),
      );
      const now = clock.now();
      log.info('invocation settled', {
        ...counts,
        handedBack: left.length,
        oldestLeftMs: left.reduce((oldest, { message }) => Math.max(oldest, now - message.sentAt), 0),
        messageIds: left.flatMap(({ work }) => work?.event.messageId ?? []),
      });
      return left.map(({ message }) => message);
    },
  };
}
