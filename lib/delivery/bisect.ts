import type { AttemptResult, Rejection } from './attempt.ts';
import { reactions } from './reactions.ts';

/** Requests that one bad batch may cost. */
const MAX_REQUESTS = 40;

/**
 * If at least one in so many stood clean before the first bad one, those behind it are probably clean: they go as one.
 */
const RARE_ONE_IN = 8;

type Ports<Candidate> = {
  /** Sends some of them as one request. */
  send(subset: readonly Candidate[]): Promise<AttemptResult>;
  /** These stand behind a part that was rejected: those that may leave the search do. Returns the others. */
  dismiss(behind: readonly Candidate[]): readonly Candidate[];
  /** One was rejected alone. Returns whether to go on. */
  reject(candidate: Candidate, rejection: Rejection): Promise<boolean>;
};

/**
 * Finds the bad ones of candidates that were rejected together, and delivers the others on the way, the earlier before
 * the later. Returns whether it came to its end: when the budget or the time runs out, those that are neither delivered
 * nor rejected stay as they are.
 */
export async function bisect<Candidate>(
  candidates: readonly Candidate[],
  firstRejection: Rejection,
  ports: Ports<Candidate>,
): Promise<boolean> {
  let requestsLeft = MAX_REQUESTS;
  let stopped = false;

  async function send(subset: readonly Candidate[]): Promise<AttemptResult> {
    const result: AttemptResult = requestsLeft-- > 0 ? await ports.send(subset) : { kind: 'undecided' };
    stopped ||= result.kind === 'undecided';
    return result;
  }

  /** The candidates were rejected together: finds the first bad one, then goes on with those behind it. */
  async function search(subset: readonly Candidate[], firstRejection: Rejection): Promise<void> {
    const { suspect, rejection, cleanCount, queued } = await findFirst(subset, firstRejection);
    if (stopped) return;
    if (suspect !== undefined) await confirm(suspect, rejection);
    const isRare = cleanCount * RARE_ONE_IN >= subset.length;
    for (const group of isRare ? joinGroups(queued, firstRejection) : queued) {
      if (stopped) return;
      const result = await send(group);
      if (result.kind === 'rejected') await search(group, result.rejection);
    }
  }

  /**
   * Halves the candidates until one is left; none, if the bad one has passed. `rejection` is the one that it got alone;
   * undefined if it was only inferred. `queued` are the groups behind it, which were not sent yet.
   */
  async function findFirst(subset: readonly Candidate[], firstRejection: Rejection) {
    let [candidates, rejection, isSent] = [subset, firstRejection, true];
    let queued: (readonly Candidate[])[] = [];
    let cleanCount = 0;
    while (candidates.length > 1 && !stopped) {
      const middle = Math.ceil(candidates.length / 2);
      const [left, right] = [candidates.slice(0, middle), candidates.slice(middle)];
      const result = await send(left);
      if (result.kind === 'rejected') {
        [candidates, rejection, isSent] = [left, result.rejection, true];
        const behind = ports.dismiss(right);
        if (behind.length > 0) queued = [behind, ...queued];
        continue;
      }
      cleanCount += left.length;
      if (reactions[rejection.outcome].inferable) [candidates, isSent] = [right, false];
      else [candidates, queued] = [[], [right, ...queued]];
    }
    return { suspect: candidates[0], rejection: isSent ? rejection : undefined, cleanCount, queued };
  }

  /** A suspect that was only inferred may be good, so it is sent alone. */
  async function confirm(suspect: Candidate, rejection: Rejection | undefined): Promise<void> {
    const result: AttemptResult = rejection ? { kind: 'rejected', rejection } : await send([suspect]);
    if (result.kind === 'rejected' && !(await ports.reject(suspect, result.rejection))) stopped = true;
  }

  await search(candidates, firstRejection);
  return !stopped;
}

/** The groups as one, unless candidates that pass say nothing of those behind them. */
const joinGroups = <Candidate>(groups: readonly (readonly Candidate[])[], { outcome }: Rejection) =>
  reactions[outcome].inferable && groups.length > 1 ? [groups.flat()] : groups;
