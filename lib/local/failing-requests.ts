import { reactions } from '../delivery/reactions.ts';
import type { FailingRequests } from './api-schema.ts';

/** A request that was completed, as its log line has it; `at` in milliseconds since the epoch. */
type CompletedRequest = {
  at: number;
  outcome: string | undefined;
  status: number | null;
  problem: string | null;
};

const verdicts: ReadonlyMap<string | undefined, string> = new Map(
  Object.entries(reactions).map(([outcome, { verdict }]) => [outcome, verdict]),
);

/**
 * Adds a request to those that have failed in a row. One that is accepted ends the row; a refusal, which is about the
 * data, and a 429, which is no failure, neither end it nor count.
 */
export function addRequest(
  failing: FailingRequests | null,
  { at, outcome, status, problem }: CompletedRequest,
): FailingRequests | null {
  const verdict = verdicts.get(outcome);
  if (verdict === 'accepted') return null;
  if (verdict !== 'failed') return failing;
  return { requests: (failing?.requests ?? 0) + 1, since: failing?.since ?? at, status, text: problem };
}
