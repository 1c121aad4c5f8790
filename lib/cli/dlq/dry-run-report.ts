import { createSelection, type SelectionOptions } from '../../dead-letters/replay-selection.ts';
import type { StoredDeadLetter } from '../../dead-letters/stored-dead-letter.ts';
import type { Quota } from '../../delivery/pacer.ts';
import { readQueuedEvent } from '../../delivery/queued-event.ts';
import { MAX_OPERATIONS } from '../../delivery/request.ts';
import type { MappingSettings } from '../../mapping/map-event.ts';

/** What today's mapping makes of letters that died of one cause. */
export type ReplayOutcome = {
  count: number;
  /** What they died of. */
  before: string;
  now: 'sent' | 'skipped' | 'fails';
  /** Why they would fail again. */
  detail: string;
};

export type DryRunReport = {
  /** Letters that pass the filter. */
  matched: number;
  /** Those of them that would be sent to the main queue. */
  replayed: number;
  /** Those that would stay, for want of a whole body, or because they were replayed five times. */
  notReplayable: number;
  overReplayLimit: number;
  fates: ReplayOutcome[];
  operations: number;
  /** At the rate of the replay, or of the quota if that is lower. */
  seconds: number;
};

type DryRunOptions = SelectionOptions & {
  /** Letters a second. */
  rate: number;
  mapping: MappingSettings;
  quota: Quota;
};

/** Tells what a replay would do, from the letters that it would take and today's mapping. */
export function createDryRun({ rate, mapping, quota, ...options }: DryRunOptions) {
  const selection = createSelection(options);
  const outcomes = new Map<string, ReplayOutcome>();
  let replayed = 0;
  let operations = 0;
  let aliasOperations = 0;

  function add(deadLetter: StoredDeadLetter): void {
    if (!selection.select(deadLetter)) return;
    const queuedEvent = readQueuedEvent(deadLetter.message, mapping);
    const eventOperations = 'invalid' in queuedEvent ? [] : queuedEvent.operations;
    replayed += 1;
    operations += eventOperations.length;
    aliasOperations += eventOperations.filter(({ operation }) => operation.method === 'alias').length;

    const before = `${deadLetter.reason}: ${deadLetter.detail}`;
    const detail = 'invalid' in queuedEvent ? queuedEvent.invalid : '';
    const now = 'invalid' in queuedEvent ? 'fails' : eventOperations.length > 0 ? 'sent' : 'skipped';
    const key = JSON.stringify([before, now, detail]);
    const outcome = outcomes.get(key) ?? { count: 0, before, now, detail };
    outcome.count += 1;
    outcomes.set(key, outcome);
  }

  function report(): DryRunReport {
    const aliasRequests = mapping.alias === 'single' ? aliasOperations : 0;
    const requests = aliasRequests + Math.ceil((operations - aliasRequests) / MAX_OPERATIONS);
    const requestsPerSecond = (quota.requests * quota.share) / quota.windowSeconds;
    const { matched, skipped } = selection.counts();
    return {
      matched,
      replayed,
      notReplayable: skipped.not_replayable,
      overReplayLimit: skipped.replay_limit,
      fates: [...outcomes.values()].sort((a, b) => b.count - a.count),
      operations,
      seconds: Math.max(replayed / rate, requests / requestsPerSecond),
    };
  }

  return { add, report };
}
