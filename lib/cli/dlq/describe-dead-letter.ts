import type { StoredLetter } from '../../dead-letters/stored-dead-letter.ts';

/** What became of an event, as JSON for programs: nothing of the event itself. */
export const describedLetter = (letter: StoredLetter) => ({
  id: letter.id,
  reason: letter.reason,
  status: letter.status ?? null,
  detail: letter.detail,
  deadAt: new Date(letter.deadAt).toISOString(),
  acceptedAt: letter.acceptedAt,
  attempts: letter.attempts,
  replays: letter.replays,
});
