import { mapBody } from '../mapping/map-body.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { getAcceptedAt } from '../sqs/received-message.ts';
import {
  createDeadLetterReader,
  type DeadLetterReaderPorts,
  type ReadOptions,
} from './dead-letter-reader.ts';
import { normalizeDetail } from './group-by-cause.ts';
import { createSelection, type SelectionCounts, type SelectionOptions } from './replay-selection.ts';
import type { StoredDeadLetter } from './stored-dead-letter.ts';

/** What today's mapping makes of a dead letter. Whether Salesmachine accepts the operations, only a replay tells. */
export type Prediction =
  | { today: 'sent'; operations: readonly Operation[] }
  | { today: 'skipped' }
  | { today: 'fails'; detail: string };

export function predictReplay(
  { message }: Pick<StoredDeadLetter, 'message'>,
  mapping: MappingSettings,
): Prediction {
  const mapped = mapBody(message.body, mapping, getAcceptedAt(message));
  if (mapped.kind === 'operations') return { today: 'sent', operations: mapped.operations };
  return mapped.kind === 'skipped' ? { today: 'skipped' } : { today: 'fails', detail: mapped.detail };
}

/** What a replay would make of it, for a person. */
export function describePrediction(deadLetter: StoredDeadLetter, mapping: MappingSettings): string {
  if (!deadLetter.replayable) return 'cannot be replayed: it is not stored as a whole';
  const prediction = predictReplay(deadLetter, mapping);
  if (prediction.today === 'fails') return `would fail again: ${prediction.detail}`;
  if (prediction.today === 'skipped') return 'would be skipped: it is not meant for Salesmachine';
  const methods = prediction.operations.map(({ method }) => method);
  const count = `${methods.length} operation${methods.length === 1 ? '' : 's'}`;
  return `would be sent again, as ${count}: ${methods.join(', ')}`;
}

/** Dead letters of one cause of which today's mapping makes the same. */
export type ReplayOutcome = {
  count: number;
  /** Why they became dead letters. */
  before: string;
  today: Prediction['today'];
  /** Why they would fail again; else empty. */
  detail: string;
};

/** What a replay would do to the dead letters that were read. */
export type DryRunReport = SelectionCounts & {
  /** Dead letters that would go to the main queue; the next three add up to it. */
  wouldReplay: number;
  /** Those that would get through the mapping, and be sent to Salesmachine. */
  wouldSend: number;
  /** Those that are not meant for Salesmachine. */
  wouldSkip: number;
  /** Those that would become dead letters again. */
  wouldFail: number;
  /** The most frequent first. */
  outcomes: ReplayOutcome[];
  /** Operations that would be sent, and how many of them are alias calls. */
  operations: number;
  aliases: number;
};

/** Adds up what a replay would do. */
export function createDryRunReport(options: SelectionOptions & { mapping: MappingSettings }) {
  const selection = createSelection(options);
  const outcomes = new Map<string, ReplayOutcome>();
  const counts = { sent: 0, skipped: 0, fails: 0 };
  let operations = 0;
  let aliases = 0;

  function add(deadLetter: StoredDeadLetter): void {
    if (!selection.select(deadLetter)) return;
    const prediction = predictReplay(deadLetter, options.mapping);
    const { today } = prediction;
    counts[today] += 1;
    if (prediction.today === 'sent') {
      operations += prediction.operations.length;
      aliases += prediction.operations.filter(({ method }) => method === 'alias').length;
    }
    const exactBefore = `${deadLetter.reason}: ${deadLetter.detail}`;
    const before = `${deadLetter.reason}: ${normalizeDetail(deadLetter.detail)}`;
    const detail = prediction.today === 'fails' ? prediction.detail : '';
    const key = JSON.stringify([before, today, detail]);
    const outcome = outcomes.get(key) ?? { count: 0, before: exactBefore, today, detail };
    // Where the details differ in numbers and ids, without these.
    if (outcome.before !== exactBefore) outcome.before = before;
    outcome.count += 1;
    outcomes.set(key, outcome);
  }

  const report = (): DryRunReport => ({
    ...selection.counts(),
    wouldReplay: counts.sent + counts.skipped + counts.fails,
    wouldSend: counts.sent,
    wouldSkip: counts.skipped,
    wouldFail: counts.fails,
    outcomes: [...outcomes.values()].sort((a, b) => b.count - a.count),
    operations,
    aliases,
  });

  return { add, report, limitReached: selection.limitReached };
}

export type ReplayDryRun = DryRunReport & {
  /** Whether it ended early, by its limit or its signal. */
  more: boolean;
  /** See `DeadLetterReader.countUnread`. */
  unread: number;
};

type DryRunOptions = SelectionOptions &
  ReadOptions & {
    /** After each batch: how many dead letters were read so far. */
    onProgress?: (read: number) => void;
  };

/** Does what a replay does, without sending or deleting: every dead letter stays. */
export async function dryRunReplay(
  options: DryRunOptions,
  ports: DeadLetterReaderPorts & { mapping: MappingSettings },
): Promise<ReplayDryRun> {
  const reader = createDeadLetterReader(ports, options);
  const { add, report, limitReached } = createDryRunReport({ ...options, mapping: ports.mapping });
  let read = 0;
  for await (const deadLetters of reader.batches()) {
    deadLetters.forEach(add);
    read += deadLetters.length;
    options.onProgress?.(read);
    if (limitReached()) break;
  }
  const more = limitReached() || options.signal?.aborted === true;
  return { ...report(), more, unread: await reader.countUnread() };
}
