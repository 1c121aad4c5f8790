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
const rulesOf = ({ reason }: Blame) => rules[reason] ?? otherwise;

/** If at least one in so many stood clean before the first bad one, those behind it are probably clean: they go as one. */
const RARE = 8;

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

  /** `some` were refused: halves them until the first bad one is left alone, then goes on with those behind it. */
  async function search(some: readonly Suspect[], refusal: Blame): Promise<void> {
    let [suspects, blame, isRefused] = [some, refusal, true];
    let behind: (readonly Suspect[])[] = [];
    let clean = 0;
    while (suspects.length > 1) {
      const middle = Math.ceil(suspects.length / 2);
      const [left, right] = [suspects.slice(0, middle), suspects.slice(middle)];
      const verdict = await send(left);
      if (stopped) return;
      if (verdict.kind === 'bad') {
        [suspects, blame, isRefused] = [left, verdict.blame, true];
        behind = [right, ...behind];
        continue;
      }
      clean += left.length;
      if (rulesOf(blame).infer) [suspects, isRefused] = [right, false];
      else [suspects, behind] = [[], [right, ...behind]];
    }

    const [first] = suspects;
    if (first !== undefined) await single(first, isRefused && !rulesOf(blame).prove ? blame : undefined);
    const isRare = rulesOf(refusal).infer && clean * RARE >= some.length;
    for (const part of isRare && behind.length > 1 ? [behind.flat()] : behind) {
      const verdict = await send(part);
      if (verdict.kind === 'bad') await search(part, verdict.blame);
      if (stopped) return;
    }
  }

  /** Without a `blame` of its own it is tried alone: what is only inferred may be wrong. */
  async function single(suspect: Suspect, blame: Blame | undefined): Promise<void> {
    const verdict: Verdict = blame ? { kind: 'bad', blame } : await send([suspect], true);
    if (verdict.kind === 'bad') ports.blame(suspect, verdict.blame);
  }

  await search(suspects, refusal);
}
