import type { AttemptResult, Rejection } from './attempt.ts';

/** Requests that one bad batch may cost. */
const MAX_REQUESTS = 40;

/**
 * `infer`: if the left half is clean, the right one must be bad. `prove`: what is left alone is tried once more.
 * A refusal for its size says nothing of the other half; a server's error is no proof until it repeats.
 */
const strategies: Partial<Record<Rejection['reason'], { infer: boolean; prove: boolean }>> = {
  rejected: { infer: true, prove: false },
  server_error: { infer: true, prove: true },
};
const defaultStrategy = { infer: false, prove: false };
const strategyFor = ({ reason }: Rejection) => strategies[reason] ?? defaultStrategy;

/** If at least one in so many stood clean before the first bad one, those behind it are probably clean: they go as one. */
const RARE_ONE_IN = 8;

type Ports<Candidate> = {
  /** Sends some of them; `alone`: it is only one, so take time to be sure. */
  send(subset: readonly Candidate[], alone: boolean): Promise<AttemptResult>;
  reject(candidate: Candidate, rejection: Rejection): void;
};

/**
 * Finds the bad ones of what was refused together, and delivers the others on the way, the earlier before the later.
 * When the budget or the time runs out, what is neither delivered nor blamed stays as it is.
 */
export async function bisect<Candidate>(
  candidates: readonly Candidate[],
  firstRejection: Rejection,
  ports: Ports<Candidate>,
): Promise<void> {
  let requestsLeft = MAX_REQUESTS;
  let stopped = false;

  async function send(subset: readonly Candidate[], alone = false): Promise<AttemptResult> {
    const result: AttemptResult = requestsLeft-- > 0 ? await ports.send(subset, alone) : { kind: 'stopped' };
    stopped ||= result.kind === 'stopped';
    return result;
  }

  /** `some` were refused: halves them until the first bad one is left alone, then goes on with those behind it. */
  async function search(subset: readonly Candidate[], firstRejection: Rejection): Promise<void> {
    let [candidates, rejection, isRejected] = [subset, firstRejection, true];
    let queued: (readonly Candidate[])[] = [];
    let cleanCount = 0;
    while (candidates.length > 1) {
      const middle = Math.ceil(candidates.length / 2);
      const [left, right] = [candidates.slice(0, middle), candidates.slice(middle)];
      const result = await send(left);
      if (stopped) return;
      if (result.kind === 'bad') {
        [candidates, rejection, isRejected] = [left, result.rejection, true];
        queued = [right, ...queued];
        continue;
      }
      cleanCount += left.length;
      if (strategyFor(rejection).infer) [candidates, isRejected] = [right, false];
      else [candidates, queued] = [[], [right, ...queued]];
    }

    const [first] = candidates;
    if (first !== undefined)
      await confirm(first, isRejected && !strategyFor(rejection).prove ? rejection : undefined);
    const isRare = strategyFor(firstRejection).infer && cleanCount * RARE_ONE_IN >= subset.length;
    for (const group of isRare && queued.length > 1 ? [queued.flat()] : queued) {
      const result = await send(group);
      if (result.kind === 'bad') await search(group, result.rejection);
      if (stopped) return;
    }
  }

  /** Without a `blame` of its own it is tried alone: what is only inferred may be wrong. */
  async function confirm(candidate: Candidate, rejection: Rejection | undefined): Promise<void> {
    const result: AttemptResult = rejection ? { kind: 'bad', rejection } : await send([candidate], true);
    if (result.kind === 'bad') ports.reject(candidate, result.rejection);
  }

  await search(candidates, firstRejection);
}
