/**
 * A time that the event's sender, or a server on its way, wrote down, as Salesmachine takes it: ISO 8601, UTC,
 * milliseconds (`2026-01-02T03:04:05.678Z`). Segment documents ISO 8601; what else occurs in real events stands in
 * `forms`. Without a zone it is UTC. Fractions are cut, not rounded, so that nothing happens later than it did.
 *
 * @returns undefined for what is no date, and for none: Unix' zero in any zone, and what is before it (Go's `0001-01-01`)
 * or soon after, for seconds that were taken for milliseconds are all in January 1970
 */
export function isoTimestamp(text: string): string | undefined {
  if (canonical.test(text)) return text;
  if (text.length > MAX_LENGTH) return undefined;
  const written = text.trim().replace(/^"(.*)"$/, '$1'); // It was made JSON twice.
  const ms = parseEpoch(scientific.test(written) ? String(Number(written)) : written) ?? parseDate(written);
  return ms !== undefined && ms >= START_MS && ms < END_MS ? new Date(ms).toISOString() : undefined;
}

/**
 * The first of an event's times that can be read, as `isoTimestamp` gives it. One that lies more than a day after the
 * relay accepted the event is none: a clock that is wrong, a calendar that counts from elsewhere (`2569`), ten digits
 * that are no epoch (`2026030405`).
 *
 * @param acceptedAt ISO 8601
 */
export function findTime(timestamps: readonly string[], acceptedAt: string | undefined): string | undefined {
  for (const timestamp of timestamps) {
    const time = isoTimestamp(timestamp);
    if (time !== undefined && !isInFuture(time, acceptedAt)) return time;
  }
  return undefined;
}

const isInFuture = (time: string, acceptedAt = ''): boolean =>
  Date.parse(time) - Date.parse(acceptedAt) > DAY_MS;

/** What zones, read as UTC, and clocks may differ. */
const DAY_MS = 86_400_000;

/** Already as wanted, on a day that every month has, after 1970: most timestamps, in a tenth of the time. */
const canonical =
  /^(?:197[1-9]|19[89]\d|20\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** The longest form is that of `Date.toString()` with the name of its zone. */
const MAX_LENGTH = 100;

const START_MS = Date.UTC(1971, 0);

/** ISO 8601 knows four digits of a year. */
const END_MS = Date.UTC(10_000, 0);

/** What Java and Swift write for large numbers. */
const scientific = /^\d\.\d{1,20}E\+?\d\d?$/i;

/** Epoch seconds have ten digits from 2001 to 2286; three, six or nine more are milli-, micro- or nanoseconds. */
const epoch = /^(?:\/Date\()?(\d{10})((?:\d{3}){0,3})(?:[.,](\d+))?(?:[+-]\d{4})?(?:\)\/)?$/;

function parseEpoch(text: string): number | undefined {
  const [match, seconds, digits = '', fraction = ''] = epoch.exec(text) ?? [];
  return match === undefined ? undefined : Number(`${seconds}${toMilliseconds(digits + fraction)}`);
}

const months = [
  'Jan(?:uary)?',
  'Feb(?:ruary)?',
  'Mar(?:ch)?',
  'Apr(?:il)?',
  'May',
  'June?',
  'July?',
  'Aug(?:ust)?',
  'Sep(?:t|tember)?',
  'Oct(?:ober)?',
  'Nov(?:ember)?',
  'Dec(?:ember)?',
];
const month = `(?<monthName>${months.join('|')})\\.?`;
const day = '(?<day>\\d{1,2})(?:st|nd|rd|th)?';
const weekday = '(?:[a-z]{3,9}\\.?(?:,\\s*|\\s+))?';
const time =
  '(?<hour>\\d{1,2})(?::(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,:](?<fraction>\\d*))?)?)?(?:\\s?(?<half>[ap])\\.?\\s?m\\.?)?';
const offset = '(?:UTC|GMT|UT|Z)?(?<sign>[+-])(?<offsetHours>\\d{1,2})(?::?(?<offsetMinutes>\\d{2}))?Z?';
const zoneName = '(?<zoneName>[a-z]{1,5})';
const zone = `:?\\s?(?:${offset}(?:\\s(?:[a-z]{1,5}|[+-]\\d{2,4}))?|${zoneName})?`;
const zoneInBrackets = '(?:\\s?[[(](?<zoneId>[^\\][]*)[\\])](?:\\[u-ca=\\w+\\])?)?';

/** Every way to write a date that is read, with an example. */
const forms: readonly RegExp[] = [
  // 2026-03-04T05:06:07.891Z · 2026-3-4 5:06 +0100 · 2026-03-04T05:06:07.891:Z · …+01:00[Europe/Paris] · …-0300 -03 m=+0.1 · 2026-Mar-04
  `(?:\\+00)?(?<year>\\d{4})[-/](?:(?<month>\\d{1,2})|${month})[-/](?<day>\\d{1,2})(?:(?:T|,?\\s)\\s?${time})?${zone}(?:\\sm=[+-][\\d.]+)?${zoneInBrackets}`,
  // 20260304T050607.891Z · 20260304050607 · 20260304
  `(?<year>\\d{4})(?<month>\\d{2})(?<day>\\d{2})(?:T?(?<hour>\\d{2})(?:(?<minute>\\d{2})(?:(?<second>\\d{2})(?:[.,](?<fraction>\\d+))?)?)?${zone})?`,
  // 20260304T05:06:07.891Z
  `(?<year>\\d{4})(?<month>\\d{2})(?<day>\\d{2})[T\\s]${time}${zone}`,
  // Wed, 04 Mar 2026 05:06:07 +0000 · 4 Mar 2026 05:06 GMT · Wednesday, 04-Mar-26 05:06:07 UTC · 4 March 2026 at 5:06 pm
  `${weekday}${day}[-\\s]${month}[-\\s](?<year>\\d{4}|\\d{2})(?:,?\\s(?:at\\s)?${time}${zone}${zoneInBrackets})?`,
  // Wed Mar 04 2026 05:06:07 GMT+0100 (Central European Standard Time) · Mar 4th, 2026 at 05:06:07 · Wed Mar 04 2026
  `${weekday}${month}\\s+${day},?\\s(?<year>\\d{4})(?:,?\\s(?:at\\s)?${time}${zone}${zoneInBrackets})?`,
  // Wed Mar  4 05:06:07 2026 · Wed Mar 04 05:06:07 UTC 2026 · … GMT+01:00 2026 · … +0000 2026
  `${weekday}${month}\\s+${day}\\s${time}(?:\\s(?:${offset}|${zoneName}))?\\s(?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`, 'i'));

/** The zones that RFC 2822 names, in hours; any other name could mean several. */
const zones: ReadonlyMap<string, number> = new Map(
  Object.entries({
    z: 0,
    utc: 0,
    ut: 0,
    gmt: 0,
    est: -5,
    edt: -4,
    cst: -6,
    cdt: -5,
    mst: -7,
    mdt: -6,
    pst: -8,
    pdt: -7,
  }),
);

type Parts = Record<string, string | undefined>;

function parseDate(text: string): number | undefined {
  for (const form of forms) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return toEpochMs(parts);
  }
  return undefined;
}

function toEpochMs(parts: Parts): number | undefined {
  const { minute = '0', second = '0', fraction = '' } = parts;
  const [year, month, day] = [toYear(parts['year']), toMonth(parts), Number(parts['day'])];
  const hour = toHour(Number(parts['hour'] ?? 0), parts['half']);
  if (hour === undefined || Number(minute) >= 60 || !isCalendarDay(year, month, day)) return undefined;
  // A leap second is the 61st of its minute, and midnight may be the end of a day.
  if (Number(second) > 60 || hour * 3_600 + Number(minute) * 60 + Number(second) > 86_400) return undefined;

  const milliseconds = Number(toMilliseconds(fraction));
  const localMs = Date.UTC(year, month - 1, day, hour, Number(minute), Number(second), milliseconds);
  const offsetMs = utcOffsetMs(parts, localMs);
  return offsetMs === undefined ? undefined : localMs - offsetMs;
}

/** Two digits are of this century, or from 50 of the last. Source: RFC 2822, obsolete syntax. */
function toYear(digits = ''): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year + (year < 50 ? 2_000 : 1_900);
}

function toMonth({ month, monthName }: Parts): number {
  if (monthName === undefined) return Number(month);
  const start = monthName.slice(0, 3).toLowerCase();
  return months.findIndex((name) => name.toLowerCase().startsWith(start)) + 1;
}

const toMilliseconds = (fraction: string): string => fraction.slice(0, 3).padEnd(3, '0');

/** Twelve-hour clocks are what Apple's formatters write where the phone is set so. */
function toHour(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
}

/** `Date` takes a 30th of February for the 2nd of March, and the year 1 for 1901. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCDate() === day;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** How far the zone is ahead of UTC; undefined if it is not known. An offset says more than a name beside it. */
function utcOffsetMs(parts: Parts, localMs: number): number | undefined {
  const { sign, offsetHours, offsetMinutes = '0', zoneName, zoneId } = parts;
  if (sign !== undefined) {
    if (Number(offsetHours) >= 24 || Number(offsetMinutes) >= 60) return undefined;
    const ms = Number(offsetHours) * HOUR_MS + Number(offsetMinutes) * MINUTE_MS;
    return sign === '-' ? -ms : ms;
  }
  if (zoneName !== undefined) {
    const hours = zones.get(zoneName.toLowerCase());
    return hours === undefined ? undefined : hours * HOUR_MS;
  }
  return zoneId === undefined ? 0 : offsetOfZoneMs(zoneId, localMs);
}

/** The offset that a zone of the IANA database, `Europe/Paris`, had at a local time; undefined if there is none. */
function offsetOfZoneMs(timeZone: string, localMs: number): number | undefined {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
    const offsetAt = (ms: number) => {
      const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
      return (Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS) * (sign === '-' ? -1 : 1);
    };
    // The second look is right where the first fell on the other side of a change of clocks.
    return offsetAt(localMs - offsetAt(localMs));
  } catch {
    return undefined;
  }
}
