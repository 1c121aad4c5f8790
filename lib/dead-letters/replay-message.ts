import { parseJson } from '../runtime/json.ts';
import { parseEvent } from '../segment/event.ts';
import { messageGroupId, type OutgoingMessage, sqsSafeHash } from '../sqs/message.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/**
 * The message that brings a dead letter's event to the main queue again: the same body, in its user's group. A letter
 * has one deduplication id for each time that it is replayed, which is not that of its first delivery: SQS takes it
 * within 5 minutes of that, and drops what a replay that was killed sends again.
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

/** An event that cannot be read belongs to nobody: it has a group of its own. */
function findUserGroupId({ message }: StoredDeadLetter): string {
  try {
    const parsed = parseEvent(parseJson(message.body));
    return parsed.kind === 'event' ? messageGroupId(parsed.event) : message.groupId;
  } catch {
    return message.groupId;
  }
}
