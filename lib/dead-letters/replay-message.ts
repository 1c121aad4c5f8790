import { parseJson } from '../runtime/json.ts';
import { parseEvent } from '../segment/event.ts';
import { groupOf, hashId, type OutgoingMessage } from '../sqs/message.ts';
import type { StoredLetter } from './stored-dead-letter.ts';

/**
 * The message that brings a dead letter's event to the main queue again: the same body, in its user's group. A letter
 * has one deduplication id for each time that it is replayed, which is not that of its first delivery: SQS takes it
 * within 5 minutes of that, and drops what a replay that was killed sends again.
 */
export function replayMessage(letter: StoredLetter): OutgoingMessage {
  const replays = letter.replays + 1;
  return {
    body: letter.message.body,
    groupId: userGroupOf(letter),
    deduplicationId: hashId(`replay ${letter.id} ${replays}`),
    attributes: { version: letter.version, acceptedAt: letter.acceptedAt, replays: String(replays) },
  };
}

/** An event that cannot be read belongs to nobody: it has a group of its own. */
function userGroupOf({ message }: StoredLetter): string {
  try {
    const parsed = parseEvent(parseJson(message.body));
    return parsed.kind === 'event' ? groupOf(parsed.event) : message.groupId;
  } catch {
    return message.groupId;
  }
}
