type Headers = Readonly<Record<string, string | undefined>>;

const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 300_000;

/** Below this, a number is seconds from now; above, seconds since the epoch; above the next, milliseconds. */
const EPOCH_SECONDS = 1_000_000_000;
const EPOCH_MILLISECONDS = 100_000_000_000;

/**
 * How long to send nothing after a 429, in milliseconds. `X-RateLimit-Reset` is documented as a Unix timestamp,
 * `Retry-After` is not documented at all, so any form of either is taken, and measured by the server's own clock where
 * it tells the time. What makes no sense counts as absent; the result is never over the window's 300 s.
 */
export function parseRetryAfterMs(headers: Headers, now: number): number {
  const serverDate = Date.parse(headers['date'] ?? '');
  const serverNow = Number.isNaN(serverDate) ? now : serverDate;
  const waits = [headers['retry-after'], headers['x-ratelimit-reset']]
    .map((value) => parseWaitMs(value?.trim() ?? '', serverNow))
    .filter((wait) => wait > 0);
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, waits[0] ?? MIN_WAIT_MS));
}

function parseWaitMs(value: string, now: number): number {
  if (value === '') return Number.NaN;
  const number = Number(value);
  if (Number.isNaN(number)) return Date.parse(value) - now;
  if (number > EPOCH_MILLISECONDS) return number - now;
  if (number > EPOCH_SECONDS) return number * 1_000 - now;
  return number * 1_000;
}

/** Requests left in the window, if the answer says so. */
export function readRemaining(headers: Headers): number | undefined {
  const remaining = Number(headers['x-ratelimit-remaining'] || Number.NaN);
  return Number.isFinite(remaining) ? remaining : undefined;
}
