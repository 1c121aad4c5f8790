type Headers = Readonly<Record<string, string | undefined>>;

const MIN_WAIT_MS = 1_000;
export const MAX_WAIT_MS = 300_000;

/** Of several values, one beyond a day is a mistake as long as another one is not. */
const MAX_SENSIBLE_MS = 86_400_000;

/** Below this, a number is seconds from now; above, seconds since the epoch; above the next, milliseconds. */
const EPOCH_SECONDS = 1_000_000_000;
const EPOCH_MILLISECONDS = 100_000_000_000;

/** `Retry-After` and `X-RateLimit-Reset`, and the names that other APIs and gateways have for them. */
const WAIT_HEADER = /^(?:x-)?(?:ms-)?(?:retry-after|rate-?limit-(?:[a-z-]*-)?(?:reset|retry-after))(?:-|$)/;

/** The IETF's draft has one structured header: `limit=9, reset=50`, or later `"default";r=0;t=50`. */
const STRUCTURED_HEADER = 'ratelimit';

/**
 * How long to send nothing after a 429, in milliseconds (1 s to 300 s); undefined if no header says so.
 * `X-RateLimit-Reset` is documented as a Unix timestamp and `Retry-After` is not documented at all, so any form of
 * either is taken, and measured by the server's own clock where it tells the time. Of several values the latest holds.
 */
export function parseRetryAfterMs(headers: Headers, now: number): number | undefined {
  const serverDate = Date.parse(headers['date'] ?? '');
  const serverNow = Number.isNaN(serverDate) ? now : serverDate;
  const waits = Object.entries(headers)
    .flatMap(([name, value = '']) => splitValues(name.toLowerCase(), value))
    .map(({ text, isMilliseconds }) => parseWaitMs(text, serverNow, isMilliseconds))
    .filter((wait) => wait > 0);
  const sensible = waits.filter((wait) => wait <= MAX_SENSIBLE_MS);
  if (waits.length === 0) return undefined;
  const wait = Math.max(...(sensible.length > 0 ? sensible : waits));
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, wait));
}

/**
 * The values of a header that says when to go on: a proxy joins those of two headers by a comma. An HTTP date has one,
 * too; it can be read without its weekday, and the weekday is no value.
 */
function splitValues(name: string, value: string): { text: string; isMilliseconds: boolean }[] {
  if (name === STRUCTURED_HEADER) {
    const seconds = [...value.matchAll(/\b(?:reset|t)=([\d.]+)/g)].flatMap(([, text]) => text ?? []);
    return seconds.map((text) => ({ text, isMilliseconds: false }));
  }
  if (!WAIT_HEADER.test(name)) return [];
  return value.split(/[,;]/).map((text) => ({ text: text.trim(), isMilliseconds: name.endsWith('-ms') }));
}

function parseWaitMs(text: string, now: number, isMilliseconds: boolean): number {
  const number = Number(text);
  if (Number.isNaN(number)) return parseDurationMs(text) ?? Date.parse(text) - now;
  if (number > EPOCH_MILLISECONDS) return number - now;
  if (number > EPOCH_SECONDS) return number * 1_000 - now;
  return isMilliseconds ? number : number * 1_000;
}

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const DURATION = /^(?:pt)?(?:[\d.]+ ?(?:ms|h|m|s)[a-z]* ?)+$/;

/** `2m0s`, `1500ms`, `90 seconds`, `PT2M`. */
function parseDurationMs(text: string): number | undefined {
  const lower = text.toLowerCase().replaceAll('millis', 'ms');
  if (!DURATION.test(lower)) return undefined;
  const parts = [...lower.matchAll(/([\d.]+) ?(ms|h|m|s)/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS_MS[unit] ?? 0), 0);
}

/** Requests left in the window, if the answer says so. */
export function readRemaining(headers: Headers): number | undefined {
  const remaining = Number(headers['x-ratelimit-remaining'] || Number.NaN);
  return Number.isFinite(remaining) ? remaining : undefined;
}
