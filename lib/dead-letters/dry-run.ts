import { workOf } from '../delivery/queued-event.ts';
import type { MappingSettings } from '../mapping/map-event.ts';
import { createLetterReader, type LetterPorts, type ReadOptions } from './dead-letter-reader.ts';
import { createSelection, type SelectionCounts, type SelectionOptions } from './replay-selection.ts';

export type Rehearsal = SelectionCounts & {
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
export async function rehearseReplay(
  options: SelectionOptions & ReadOptions,
  ports: LetterPorts & { mapping: MappingSettings },
): Promise<Rehearsal> {
  const reader = createLetterReader(ports, options);
  const selection = createSelection(options);
  const wouldFail: Record<string, number> = {};
  let wouldReplay = 0;
  for await (const letters of reader.batches()) {
    for (const letter of letters.filter(selection.takes)) {
      wouldReplay += 1;
      const work = workOf(letter.message, ports.mapping);
      if ('invalid' in work) wouldFail[work.invalid] = (wouldFail[work.invalid] ?? 0) + 1;
    }
    if (selection.isOver()) break;
  }
  const more = selection.isOver() || options.signal?.aborted === true;
  return { ...selection.counts(), wouldReplay, wouldFail, more, unread: await reader.unread() };
}
