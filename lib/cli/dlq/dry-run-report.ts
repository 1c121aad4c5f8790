import { createSelection, type SelectionOptions } from '../../dead-letters/replay-selection.ts';
import type { StoredLetter } from '../../dead-letters/stored-dead-letter.ts';
import type { Quota } from '../../delivery/pacer.ts';
import { workOf } from '../../delivery/queued-event.ts';
import { MAX_OPERATIONS } from '../../delivery/request.ts';
import type { MappingSettings } from '../../mapping/map-event.ts';

/** What today's mapping makes of letters that died of one cause. */
export type Fate = {
  count: number;
  /** What they died of. */
  before: string;
  now: 'sent' | 'skipped' | 'fails';
  /** Why they would fail again. */
  detail: string;
};

export type Forecast = {
  /** Letters that pass the filter. */
  matched: number;
  /** Those of them that would be sent to the main queue. */
  replayed: number;
  /** Those that would stay, for want of a whole body, or because they were replayed five times. */
  notReplayable: number;
  overReplayLimit: number;
  fates: Fate[];
  operations: number;
  /** At the rate of the replay, or of the quota if that is lower. */
  seconds: number;
};

type Terms = SelectionOptions & {
  /** Letters a second. */
  rate: number;
  mapping: MappingSettings;
  quota: Quota;
};

/** Tells what a replay would do, from the letters that it would take and today's mapping. */
export function createForecast({ rate, mapping, quota, ...options }: Terms) {
  const selection = createSelection(options);
  const fates = new Map<string, Fate>();
  let replayed = 0;
  let operations = 0;
  let aliases = 0;

  function add(letter: StoredLetter): void {
    if (!selection.takes(letter)) return;
    const work = workOf(letter.message, mapping);
    const parts = 'invalid' in work ? [] : work.parts;
    replayed += 1;
    operations += parts.length;
    aliases += parts.filter(({ operation }) => operation.method === 'alias').length;

    const before = `${letter.reason}: ${letter.detail}`;
    const detail = 'invalid' in work ? work.invalid : '';
    const now = 'invalid' in work ? 'fails' : parts.length > 0 ? 'sent' : 'skipped';
    const key = JSON.stringify([before, now, detail]);
    const fate = fates.get(key) ?? { count: 0, before, now, detail };
    fate.count += 1;
    fates.set(key, fate);
  }

  function forecast(): Forecast {
    const alone = mapping.alias === 'single' ? aliases : 0;
    const requests = alone + Math.ceil((operations - alone) / MAX_OPERATIONS);
    const requestsPerSecond = (quota.requests * quota.share) / quota.windowSeconds;
    const { matched, skipped } = selection.counts();
    return {
      matched,
      replayed,
      notReplayable: skipped.not_replayable,
      overReplayLimit: skipped.replay_limit,
      fates: [...fates.values()].sort((a, b) => b.count - a.count),
      operations,
      seconds: Math.max(replayed / rate, requests / requestsPerSecond),
    };
  }

  return { add, forecast };
}
