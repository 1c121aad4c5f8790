import type { Blame, Verdict } from './attempt.ts';

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

type Ports<Suspect> = {
  /** Sends some of them; `alone`: it is only one, so take time to be sure. */
  send(some: readonly Suspect[], alone: boolean): Promise<Verdict>;
  blame(suspect: Suspect, blame: Blame): void;
};

/**
 * Finds the bad ones of what was refused together, and delivers the others on the way, the earlier before the later.
 * When the budget or the time runs out, what is neither delivered nor blamed stays as it is.
 */
export async function bisect<Suspect>(
  suspects: readonly Suspect[],
  refusal: Blame,
  ports: Ports<Suspect>,
): Promise<void> {
  let budget = BUDGET;
  let stopped = false;

  async function send(some: readonly Suspect[], alone = false): Promise<Verdict> {
    const verdict: Verdict = budget-- > 0 ? await ports.send(some, alone) : { kind: 'stopped' };
    stopped ||= verdict.kind === 'stopped';
    return verdict;
  }

  /** `some` hold at least one bad one: they were refused (`isRefused`), or it is inferred. */
  async function search(some: readonly Suspect[], blame: Blame, isRefused: boolean): Promise<void> {
    const { infer, prove } = rules[blame.reason] ?? otherwise;
    const [first] = some;
    if (some.length === 1 && first !== undefined)
      return single(first, isRefused && !prove ? blame : undefined);
    const middle = Math.ceil(some.length / 2);
    const left = some.slice(0, middle);
    const right = some.slice(middle);

    const leftVerdict = await send(left);
    if (leftVerdict.kind === 'bad') await search(left, leftVerdict.blame, true);
    if (stopped) return;
    if (leftVerdict.kind === 'delivered' && infer) return search(right, blame, false);
    const rightVerdict = await send(right);
    if (rightVerdict.kind === 'bad') await search(right, rightVerdict.blame, true);
  }

  /** Without a `blame` of its own it is tried alone: what is only inferred may be wrong. */
  async function single(suspect: Suspect, blame: Blame | undefined): Promise<void> {
    const verdict: Verdict = blame ? { kind: 'bad', blame } : await send([suspect], true);
    if (verdict.kind === 'bad') ports.blame(suspect, verdict.blame);
  }

  await search(suspects, refusal, true);
}
