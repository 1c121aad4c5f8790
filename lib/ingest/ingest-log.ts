import type { Reason } from '../dead-letters/reasons.ts';
import type { Log } from '../telemetry/log.ts';
import { MAX_IDS } from '../telemetry/log-fields.ts';

/** What became of one event, for whoever searches the log for its `messageId`. */
export type EventOutcome = { messageId: string | undefined } & (
  | { kind: 'queued' }
  | { kind: 'skipped'; cause: string }
  | { kind: 'dead letter'; reason: Reason }
);

/** The one line about a request that was taken in; of more than 100 events, further lines hold the other ids. */
export function logOutcomes(
  log: Log,
  outcomes: readonly EventOutcome[],
  counts: { accepted: number; deadLettered: number; skipped: number; durationMs: number },
): void {
  const [first, ...more] = toChunkFields(outcomes.filter(({ kind }) => kind === 'queued'));
  log.info('events queued', { ...counts, ...first });
  for (const chunk of more) log.info('further events queued', chunk);

  const notQueued = Map.groupBy(outcomes, (outcome) =>
    outcome.kind === 'skipped' ? outcome.cause : outcome.kind === 'dead letter' ? outcome.reason : undefined,
  );
  for (const group of notQueued.values()) {
    for (const chunk of toChunkFields(group)) {
      const [outcome] = group;
      if (outcome?.kind === 'skipped') log.info('events skipped', { cause: outcome.cause, ...chunk });
      if (outcome?.kind === 'dead letter')
        log.warn('dead letter written', { reason: outcome.reason, ...chunk });
    }
  }
}

/** The fields for as many events as a line can name. */
function toChunkFields(outcomes: readonly EventOutcome[]): { events: number; messageIds: string[] }[] {
  return Array.from({ length: Math.ceil(outcomes.length / MAX_IDS) }, (_, index) => {
    const chunk = outcomes.slice(index * MAX_IDS, (index + 1) * MAX_IDS);
    return { events: chunk.length, messageIds: collectMessageIds(chunk) };
  });
}

export const collectMessageIds = (outcomes: readonly EventOutcome[]): string[] =>
  outcomes.flatMap(({ messageId }) => messageId ?? []);
