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
export const formatTime = (moment: number): string => time.format(moment);
/** The time of day, with seconds where the whole is only minutes long. */
export const formatAxisTime = (moment: number, spanMs: number): string =>
  (spanMs > 300_000 ? minute : second).format(moment);

export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${number.format(Math.round(ms))} ms`;
  if (ms < 60_000) return `${decimal.format(ms / 1_000)} s`;
  return `${number.format(Math.floor(ms / 60_000))} min ${number.format(Math.round((ms % 60_000) / 1_000))} s`;
}

/** Whole seconds until a moment, never negative. */
export const formatCountdown = (moment: number, now: number): string =>
  `${number.format(Math.max(0, Math.ceil((moment - now) / 1_000)))} s`;

export const pluralize = (count: number, noun: string): string =>
  `${number.format(count)} ${noun}${count === 1 ? '' : 's'}`;
