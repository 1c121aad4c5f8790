import type { Reason } from '../dead-letters/reasons.ts';
import { chunk } from '../runtime/chunk.ts';
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
  for (const fields of more) log.info('further events queued', fields);

  const notQueued = Map.groupBy(outcomes, (outcome) =>
    outcome.kind === 'skipped' ? outcome.cause : outcome.kind === 'dead letter' ? outcome.reason : undefined,
  );
  for (const group of notQueued.values()) {
    for (const fields of toChunkFields(group)) {
      const [outcome] = group;
      if (outcome?.kind === 'skipped') log.info('events skipped', { cause: outcome.cause, ...fields });
      if (outcome?.kind === 'dead letter')
        log.warn('dead letter written', { reason: outcome.reason, ...fields });
    }
  }
}

/** The fields for as many events as a line can name. */
function toChunkFields(outcomes: readonly EventOutcome[]): { events: number; messageIds: string[] }[] {
  return chunk(outcomes, MAX_IDS).map((named) => ({
    events: named.length,
    messageIds: collectMessageIds(named),
  }));
}

export const collectMessageIds = (outcomes: readonly EventOutcome[]): string[] =>
  outcomes.flatMap(({ messageId }) => messageId ?? []);
