import { createContext, runInContext } from 'node:vm';

/** What a slow machine needs a second for does not take so long; what is quadratic does on any machine. */
const LIMIT_MS = 120_000;

/**
 * Runs what computes without a pause, which no time-out of a test could interrupt.
 *
 * @throws if it does not come to an end
 */
export const runToEnd = <T>(work: () => T): T =>
  runInContext('work()', createContext({ work }), { timeout: LIMIT_MS });
