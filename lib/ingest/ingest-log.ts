import type { Sender } from '../dead-letters/dead-letter.ts';
import { chunk } from '../runtime/chunk.ts';
import type { Log } from '../telemetry/log.ts';
import { MAX_IDS } from '../telemetry/log-fields.ts';
import type { TriagedEvent } from './triage.ts';

/** The counts of a request's events, as they stand in the answer; each event is in exactly one of the first three. */
export type EventCounts = {
  accepted: number;
  deadLettered: number;
  skipped: number;
  /** By cause and by reason, where there are any. */
  skippedBecause?: Record<string, number>;
  deadLetteredBecause?: Record<string, number>;
};

export function countEvents(events: readonly TriagedEvent[]): EventCounts {
  const counts: EventCounts = { accepted: 0, deadLettered: 0, skipped: 0 };
  for (const event of events) {
    if (event.kind === 'queued') {
      counts.accepted += 1;
    } else if (event.kind === 'skipped') {
      counts.skipped += 1;
      counts.skippedBecause = addOne(counts.skippedBecause, event.cause);
    } else {
      counts.deadLettered += 1;
      counts.deadLetteredBecause = addOne(counts.deadLetteredBecause, event.deadLetter.reason);
    }
  }
  return counts;
}

const addOne = (counts: Record<string, number> = {}, name: string): Record<string, number> => ({
  ...counts,
  [name]: (counts[name] ?? 0) + 1,
});

/**
 * The lines about a request whose events are safe: one for each outcome, and more where there are more ids than fit.
 */
export function logEvents(
  log: Log,
  events: readonly TriagedEvent[],
  { route: path, credential }: Sender,
  durationMs: number,
): void {
  const { accepted, deadLettered, skipped } = countEvents(events);
  const [first, ...more] = toChunkFields(events.filter(({ kind }) => kind === 'queued'));
  log.info('events queued', { path, credential, accepted, deadLettered, skipped, durationMs, ...first });
  for (const fields of more) log.info('further events queued', fields);

  const skippedByCause = Map.groupBy(
    events.filter((event) => event.kind === 'skipped'),
    ({ cause }) => cause,
  );
  for (const [cause, group] of skippedByCause) {
    for (const fields of toChunkFields(group)) log.info('events skipped', { cause, ...fields });
  }
  const deadByReason = Map.groupBy(
    events.filter((event) => event.kind === 'dead letter'),
    ({ deadLetter }) => deadLetter.reason,
  );
  for (const [reason, group] of deadByReason) {
    const problem = group[0]?.deadLetter.detail;
    for (const fields of toChunkFields(group))
      log.warn('dead letter written', { reason, problem, ...fields });
  }
}

/** The fields for as many events as a line can name. */
function toChunkFields(events: readonly TriagedEvent[]): { events: number; messageIds: string[] }[] {
  return chunk(events, MAX_IDS).map((named) => ({
    events: named.length,
    messageIds: collectMessageIds(named),
  }));
}

export const collectMessageIds = (events: readonly TriagedEvent[]): string[] =>
  events.flatMap(({ messageId }) => messageId ?? []);
