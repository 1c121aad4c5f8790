/** Numbers, times and durations in the browser's locale. */

const number = new Intl.NumberFormat();
const decimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});
const second = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' });
const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export const formatNumber = (value: number): string => number.format(value);
export const formatDecimal = (value: number): string => decimal.format(value);
/** A number per second: below ten, tenths count. */
export const formatRate = (value: number): string =>
  `${value > 0 && value < 10 ? decimal.format(value) : number.format(Math.round(value))}/s`;
export const formatTime = (moment: number): string => time.format(moment);
/** The time of day, with seconds where the whole is only minutes long. */
export const formatAxisTime = (moment: number, spanMs: number): string =>
  (spanMs > 300_000 ? minute : second).format(moment);

export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${number.format(Math.round(ms))} ms`;
  if (ms < 60_000) return `${decimal.format(ms / 1_000)} s`;
  return formatSeconds(Math.round(ms / 1_000));
}

/** The time until a moment in whole seconds, never negative. */
export const formatCountdown = (moment: number, now: number): string =>
  formatSeconds(Math.max(0, Math.ceil((moment - now) / 1_000)));

/** Whole seconds, from a minute on with minutes: "4 min 51 s". */
export const formatSeconds = (seconds: number): string =>
  seconds < 60
    ? `${number.format(seconds)} s`
    : `${number.format(Math.floor(seconds / 60))} min ${number.format(seconds % 60)} s`;

export const pluralize = (count: number, noun: string): string =>
  `${number.format(count)} ${noun}${count === 1 ? '' : 's'}`;
