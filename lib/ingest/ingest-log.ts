import type { Reason } from '../dead-letters/dead-letter.ts';
import type { Log } from '../telemetry/log.ts';
import { MAX_IDS } from '../telemetry/log-fields.ts';

/** What became of one event, for whoever searches the log for its `messageId`. */
export type Fate = { messageId: string | undefined } & (
  | { kind: 'queued' }
  | { kind: 'skipped'; cause: string }
  | { kind: 'dead letter'; reason: Reason }
);

/** The one line about a request that was taken in; of more than 100 events, further lines hold the other ids. */
export function logQueued(
  log: Log,
  fates: readonly Fate[],
  counts: { accepted: number; deadLettered: number; skipped: number; durationMs: number },
): void {
  const [first, ...more] = chunksOf(fates.filter(({ kind }) => kind === 'queued'));
  log.info('events queued', { ...counts, ...first });
  for (const chunk of more) log.info('more events of the same request queued', chunk);

  const others = Map.groupBy(fates, (fate) =>
    fate.kind === 'skipped' ? fate.cause : fate.kind === 'dead letter' ? fate.reason : undefined,
  );
  for (const group of others.values()) {
    for (const chunk of chunksOf(group)) {
      const [fate] = group;
      if (fate?.kind === 'skipped') log.info('events skipped', { cause: fate.cause, ...chunk });
      if (fate?.kind === 'dead letter') log.warn('dead letter', { reason: fate.reason, ...chunk });
    }
  }
}

/** The fields for as many events as a line can name. */
function chunksOf(fates: readonly Fate[]): { events: number; messageIds: string[] }[] {
  return Array.from({ length: Math.ceil(fates.length / MAX_IDS) }, (_, index) => {
    const chunk = fates.slice(index * MAX_IDS, (index + 1) * MAX_IDS);
    return { events: chunk.length, messageIds: idsOf(chunk) };
  });
}

export const idsOf = (fates: readonly Fate[]): string[] => fates.flatMap(({ messageId }) => messageId ?? []);
