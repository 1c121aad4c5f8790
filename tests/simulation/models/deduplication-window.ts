import { append, createList, type List, remove } from './list.ts';
import type { QueueEntry } from './queued-message.ts';

/** For so long SQS knows a deduplication id, and a receive's attempt id. */
export const DEDUPLICATION_MS = 300_000;

type SentMessage = { id: string; sequence: number };

const toKey = ({ groupId, deduplicationId }: QueueEntry) => `${groupId} ${deduplicationId}`;

/** The deduplication ids that were used in each group in the last five minutes. */
export function createDeduplicationWindow() {
  const sent = new Map<string, SentMessage>();
  const inOrder: List<{ key: string; at: number }> = createList();

  return {
    /** The message that was sent with the id of this one. */
    find: (entry: QueueEntry): SentMessage | undefined => sent.get(toKey(entry)),
    add(entry: QueueEntry, message: SentMessage, now: number): void {
      const key = toKey(entry);
      sent.set(key, message);
      append(inOrder, { key, at: now });
    },
    forgetOld(now: number): void {
      for (let first = inOrder.first; first && first.value.at + DEDUPLICATION_MS <= now; ) {
        sent.delete(first.value.key);
        remove(inOrder, first);
        first = inOrder.first;
      }
    },
  };
}
