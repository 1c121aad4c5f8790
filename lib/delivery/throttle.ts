import type { Random } from '../runtime/random.ts';
import { parseRetryAfterMs } from '../salesmachine/rate-limit.ts';
import { throttleDelayMs } from './backoff.ts';

/** Lanes that were throttled together do not come back in the same instant. */
const JITTER_MS = 500;

/**
 * The rule for a 429: nothing is sent until the reset that its headers name (`salesmachine/rate-limit.ts` reads them),
 * or for a backoff where they name none. It also lowers the lane's rate: see `pacer.ts`. A pure state machine; moments
 * are milliseconds since the epoch.
 */
export type Throttle = {
  /** A 429 with these headers came: the pause lasts until its reset, and never ends earlier than it would have. */
  extend(headers: Readonly<Record<string, string | undefined>>, now: number): void;
  /** An answer that is no 429 came. */
  endRow(): void;
  /** A request was accepted. One that was under way before the 429 ends nothing. */
  onAccepted(now: number): void;
  /** When the first 429 came since the last acceptance; undefined if none has. */
  since(): number | undefined;
  /** When the pause ends, or ended. */
  until(): number;
};

export function createThrottle(random: Random): Throttle {
  let since: number | undefined;
  let until = 0;
  // In a row, without a header that says for how long.
  let unexplained = 0;

  return {
    extend(headers, now) {
      const toldMs = parseRetryAfterMs(headers, now);
      const waitMs = toldMs ?? throttleDelayMs(unexplained);
      unexplained = toldMs === undefined ? unexplained + 1 : 0;
      since ??= now;
      until = Math.max(until, now + waitMs + random() * JITTER_MS);
    },
    endRow() {
      unexplained = 0;
    },
    onAccepted(now) {
      if (until <= now) since = undefined;
    },
    since: () => since,
    until: () => until,
  };
}
