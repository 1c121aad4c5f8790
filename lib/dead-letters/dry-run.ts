import { readQueuedEvent } from '../delivery/queued-event.ts';
import type { MappingSettings } from '../mapping/map-event.ts';
import {
  createDeadLetterReader,
  type DeadLetterReaderPorts,
  type ReadOptions,
} from './dead-letter-reader.ts';
import { createSelection, type SelectionCounts, type SelectionOptions } from './replay-selection.ts';

export type ReplayDryRun = SelectionCounts & {
  /** Letters that would be replayed. */
  wouldReplay: number;
  /** Those of them that would fail again with today's mapping, by what is wrong. */
  wouldFail: Record<string, number>;
  /** Whether it ended early, by its limit or its signal. */
  more: boolean;
  /** See `LetterReader.unread`. */
  unread: number;
};

/** Does what a replay does, but for sending and deleting: all letters stay. */
export async function dryRunReplay(
  options: SelectionOptions & ReadOptions,
  ports: DeadLetterReaderPorts & { mapping: MappingSettings },
): Promise<ReplayDryRun> {
  const reader = createDeadLetterReader(ports, options);
  const selection = createSelection(options);
  const wouldFail: Record<string, number> = {};
  let wouldReplay = 0;
  for await (const deadLetters of reader.batches()) {
    for (const deadLetter of deadLetters.filter(selection.select)) {
      wouldReplay += 1;
      const queuedEvent = readQueuedEvent(deadLetter.message, ports.mapping);
      if ('invalid' in queuedEvent)
        wouldFail[queuedEvent.invalid] = (wouldFail[queuedEvent.invalid] ?? 0) + 1;
    }
    if (selection.limitReached()) break;
  }
  const more = selection.limitReached() || options.signal?.aborted === true;
  return { ...selection.counts(), wouldReplay, wouldFail, more, unread: await reader.countUnread() };
}
