import type { StoredLetter } from '../queue/letter.ts';
import { createLetterReader, type LetterPorts, type ReadOptions } from '../queue/letters.ts';
import { createSelection, type SelectionCounts, type SelectionOptions } from '../queue/selection.ts';
import type { MappingSettings } from '../salesmachine/mapping.ts';
import type { Operation } from '../salesmachine/operation.ts';
import { workOf } from './work.ts';

/** What a worker would make of a dead letter today: why it cannot be mapped, or what it would send; perhaps nothing. */
export function rehearse(
  letter: StoredLetter,
  settings: MappingSettings,
): { invalid: string } | { operations: Operation[] } {
  const work = workOf(letter.message, settings);
  return 'invalid' in work ? work : { operations: work.parts.map(({ operation }) => operation) };
}

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
      const fate = rehearse(letter, ports.mapping);
      if ('invalid' in fate) wouldFail[fate.invalid] = (wouldFail[fate.invalid] ?? 0) + 1;
    }
    if (selection.isOver()) break;
  }
  const more = selection.isOver() || options.signal?.aborted === true;
  return { ...selection.counts(), wouldReplay, wouldFail, more, unread: await reader.unread() };
}
