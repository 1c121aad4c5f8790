import { DEDUPLICATION_MS } from './deduplication-window.ts';
import type { StoredMessage } from './message-store.ts';

type ReceiveAttempt = { at: number; visibilityMs: number; messages: StoredMessage[] };

/** The receives of the last five minutes by their attempt id, so that one can be repeated whose answer was lost. */
export function createReceiveAttempts(makeInvisible: (message: StoredMessage, until: number) => void) {
  const attempts = new Map<string, ReceiveAttempt>();

  return {
    /** The same messages again, if this attempt was made before and nothing has happened to them since. */
    repeat(id: string, now: number): StoredMessage[] | undefined {
      const earlier = attempts.get(id);
      if (!earlier || earlier.at + DEDUPLICATION_MS <= now) return undefined;
      const { visibilityMs, messages, at } = earlier;
      const untouched = messages.every((message) => message.invisibleUntil === at + visibilityMs);
      if (!untouched) return undefined;
      for (const message of messages) makeInvisible(message, now + visibilityMs);
      attempts.set(id, { ...earlier, at: now });
      return messages;
    },

    add(id: string, attempt: ReceiveAttempt): void {
      attempts.set(id, attempt);
      for (const [other, { at }] of attempts) {
        if (at + DEDUPLICATION_MS > attempt.at) break;
        attempts.delete(other);
      }
    },
  };
}
