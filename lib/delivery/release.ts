import type { Random } from '../runtime/random.ts';
import type { ReceivedMessage } from '../sqs/received-message.ts';
import { delayUntilSeconds, outageDelaySeconds, retryDelaySeconds } from './backoff.ts';

/** How long a message stays away whose dead letter the queue did not confirm. */
const DEAD_LETTER_RETRY_MS = 60_000;

/** A message that an invocation has not settled, and why. */
export type UnsettledMessage = {
  message: ReceivedMessage;
  /** Of its event, if it could be read: how often a request with it failed. */
  queuedEvent?: { failures: number };
  /** Its dead letter is not confirmed. */
  deadLetter?: object;
  /** Only a later version of the worker knows how to deliver it. */
  isLeftToOthers?: boolean;
  /** How long it is kept away. */
  delayMs?: number;
};

/** A message that becomes visible again in so many seconds. */
export type Released = { message: ReceivedMessage; seconds: number };

/**
 * When each message comes back that is not settled; the longest delay of a group holds for all of it.
 *
 * @param resumesInMs milliseconds until delivery goes on, undefined while that is unknown
 */
export function planRelease(
  unsettled: readonly UnsettledMessage[],
  resumesInMs: number | undefined,
  now: number,
  random: Random,
): Released[] {
  const secondsByGroup = new Map<string, number>();
  for (const each of unsettled) {
    const { groupId } = each.message;
    const seconds = chooseDelaySeconds(each, resumesInMs, now, random);
    secondsByGroup.set(groupId, Math.max(secondsByGroup.get(groupId) ?? 0, seconds));
  }
  return unsettled.map(({ message }) => ({ message, seconds: secondsByGroup.get(message.groupId) ?? 0 }));
}

function chooseDelaySeconds(
  { message, queuedEvent, deadLetter, isLeftToOthers, delayMs = 0 }: UnsettledMessage,
  resumesInMs: number | undefined,
  now: number,
  random: Random,
): number {
  if (resumesInMs === undefined || isLeftToOthers) return outageDelaySeconds(now - message.sentAt, random);
  if (resumesInMs > delayMs) return delayUntilSeconds(resumesInMs, random);
  if (deadLetter !== undefined) return delayUntilSeconds(DEAD_LETTER_RETRY_MS, random);
  if (delayMs > 0) return Math.ceil(delayMs / 1_000);
  return queuedEvent && queuedEvent.failures > 0 ? retryDelaySeconds(1, random) : 0;
}
