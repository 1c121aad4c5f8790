import type { Blame, Verdict } from './attempt.ts';
import { type Item, itemOf, type Part } from './item.ts';

/** Requests that one bad batch may cost. */
const BUDGET = 40;

/**
 * `infer`: if the left half is clean, the right one must be bad. `prove`: what is left alone is tried once more.
 * A refusal for its size says nothing of the other half; a server's error is no proof until it repeats.
 */
const rules: Partial<Record<Blame['reason'], { infer: boolean; prove: boolean }>> = {
  rejected: { infer: true, prove: false },
  server_error: { infer: true, prove: true },
};
const otherwise = { infer: false, prove: false };

type Ports = {
  /** Sends some of the items; `alone`: they are one operation of one message, so take time to be sure. */
  send(items: readonly Item[], alone: boolean): Promise<Verdict>;
  blame(part: Part, blame: Blame): void;
};

/**
 * Finds the bad operations of a batch that was refused, and delivers the others on the way, left before right. An
 * operation that was merged is taken apart before it is blamed. When the budget or the time runs out, what is neither
 * delivered nor blamed stays as it is.
 */
export async function bisect(items: readonly Item[], refusal: Blame, ports: Ports): Promise<void> {
  const { infer, prove } = rules[refusal.reason] ?? otherwise;
  let budget = BUDGET;
  let stopped = false;

  async function send(some: readonly Item[], alone = false): Promise<Verdict> {
    const verdict: Verdict = budget-- > 0 ? await ports.send(some, alone) : { kind: 'stopped' };
    stopped ||= verdict.kind === 'stopped';
    return verdict;
  }

  /** `some` hold at least one bad operation. */
  async function search(some: readonly Item[], blame: Blame): Promise<void> {
    const [first] = some;
    if (some.length === 1 && first !== undefined) return single(first, blame);
    const middle = Math.ceil(some.length / 2);
    const left = some.slice(0, middle);
    const right = some.slice(middle);

    const leftVerdict = await send(left);
    if (leftVerdict.kind === 'bad') await search(left, leftVerdict.blame);
    if (stopped) return;
    if (leftVerdict.kind === 'delivered' && infer) return search(right, blame);
    const rightVerdict = await send(right);
    if (rightVerdict.kind === 'bad') await search(right, rightVerdict.blame);
  }

  async function single(item: Item, blame: Blame): Promise<void> {
    const [part] = item.parts;
    if (part === undefined) return;
    if (item.parts.length > 1) return search(item.parts.map(itemOf), blame);
    if (!prove) return ports.blame(part, blame);
    const verdict = await send([item], true);
    if (verdict.kind === 'bad') ports.blame(part, verdict.blame);
  }

  await search(items, refusal);
}
