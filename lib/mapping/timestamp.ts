/** Date; then maybe a time of day, a fraction of a second and a zone. */
const dateTime =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(?:Z|UTC|([+-])(\d{2}):?(\d{2})?)?)?$/i;

/** Epoch seconds have ten digits from 2001 to 2286, epoch milliseconds thirteen. */
const epoch = /^(\d{10})(\d{3})?$/;

const MIN_MS = 0;
/** ISO 8601 knows four digits of a year. */
const END_MS = Date.UTC(10_000, 0);

/**
 * A Segment timestamp as Salesmachine takes it: ISO 8601, UTC, milliseconds (`2026-01-02T03:04:05.678Z`).
 *
 * Segment documents ISO 8601; nanosecond fractions, numeric offsets, one-digit months and epoch seconds or
 * milliseconds occur in real events. Without a zone it is UTC. Fractions are cut, not rounded, so that nothing
 * happens later than it did.
 *
 * @returns undefined for what is no date, and before 1970: Go's zero time, `0001-01-01T00:00:00Z`, means "none".
 */
export function isoTimestamp(text: string): string | undefined {
  const trimmed = text.trim();
  const ms = epochMs(trimmed) ?? dateTimeMs(trimmed);
  const isUsable = ms !== undefined && ms >= MIN_MS && ms < END_MS;
  return isUsable ? new Date(ms).toISOString() : undefined;
}

function epochMs(text: string): number | undefined {
  const match = epoch.exec(text);
  if (match === null) return undefined;
  const [, seconds, milliseconds = '000'] = match;
  return Number(`${seconds}${milliseconds}`);
}

function dateTimeMs(text: string): number | undefined {
  const match = dateTime.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(toNumber);
  const [, , , , , , , fraction = '', sign, offsetHours = 0, offsetMinutes = 0] = match;
  const hasTimeOfDay = hour < 24 && minute < 60 && second <= 60; // 60: a leap second
  const hasOffset = Number(offsetHours) < 24 && Number(offsetMinutes) < 60;
  if (!isCalendarDay(year, month, day) || !hasTimeOfDay || !hasOffset) return undefined;

  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const utcOffsetMinutes = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -1 : 1);
  return Date.UTC(year, month - 1, day, hour, minute - utcOffsetMinutes, second, milliseconds);
}

/** `Date` takes a 30th of February for the 2nd of March, and the year 1 for 1901. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function toNumber(digits: string | undefined): number {
  return Number(digits ?? 0);
}
