import type { StoredDeadLetter } from './stored-dead-letter.ts';

/** Why an event is a dead letter, as JSON for programs: nothing of the event itself. */
export const describeDeadLetter = (deadLetter: StoredDeadLetter) => ({
  id: deadLetter.id,
  reason: deadLetter.reason,
  status: deadLetter.status ?? null,
  detail: deadLetter.detail,
  deadAt: new Date(deadLetter.deadAt).toISOString(),
  acceptedAt: deadLetter.acceptedAt,
  attempts: deadLetter.attempts,
  replays: deadLetter.replays,
  sender: deadLetter.sender ?? null,
});

/** A dead letter as it is written to a file, from which the event can be sent again. */
export const toExportRecord = (deadLetter: StoredDeadLetter) => ({
  ...describeDeadLetter(deadLetter),
  messageId: deadLetter.messageId ?? null,
  type: deadLetter.type ?? null,
  encoding: deadLetter.replayable ? 'text' : 'base64',
  body: deadLetter.message.body,
});
