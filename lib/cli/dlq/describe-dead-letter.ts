import type { StoredDeadLetter } from '../../dead-letters/stored-dead-letter.ts';

/** What became of an event, as JSON for programs: nothing of the event itself. */
export const describeDeadLetter = (deadLetter: StoredDeadLetter) => ({
  id: deadLetter.id,
  reason: deadLetter.reason,
  status: deadLetter.status ?? null,
  detail: deadLetter.detail,
  deadAt: new Date(deadLetter.deadAt).toISOString(),
  acceptedAt: deadLetter.acceptedAt,
  attempts: deadLetter.attempts,
  replays: deadLetter.replays,
});
