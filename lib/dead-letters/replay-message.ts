import { parseJson } from '../runtime/json.ts';
import { parseEvent } from '../segment/event.ts';
import { messageGroupId, type OutgoingMessage, sqsSafeHash } from '../sqs/message.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/**
 * The message that brings a dead letter's event to the main queue again: the same body, in its user's group. Each
 * replay has one deduplication id, which is not that of the first delivery: SQS accepts it even within 5 minutes of
 * that, and drops what a replay that was killed and started again sends twice.
 */
export function toReplayMessage(deadLetter: StoredDeadLetter): OutgoingMessage {
  const replays = deadLetter.replays + 1;
  return {
    body: deadLetter.message.body,
    groupId: findUserGroupId(deadLetter),
    deduplicationId: sqsSafeHash(`replay ${deadLetter.id} ${replays}`),
    attributes: { version: deadLetter.version, acceptedAt: deadLetter.acceptedAt, replays: String(replays) },
  };
}

/** An event that cannot be read has no user: it stays in a group of its own. */
function findUserGroupId({ message }: StoredDeadLetter): string {
  try {
    const parsed = parseEvent(parseJson(message.body));
    return parsed.kind === 'event' ? messageGroupId(parsed.event) : message.groupId;
  } catch {
    return message.groupId;
  }
}
