import type { CommandContext } from './command-context.ts';
import { formatNumber } from './format-text.ts';

export type Progress = {
  /** `done` of the things so far; `share` of the whole, from 0 to 1, where it is known. */
  show(done: number, share?: number): void;
  /** Clears the line. */
  end(): void;
};

const REDRAW_INTERVAL_MS = 100;
const BAR_WIDTH = 24;

/** One line on stderr that tells how far the work is, how fast it goes and how long it takes; only on a terminal. */
export function createProgress(
  { stderr, clock }: Pick<CommandContext, 'stderr' | 'clock'>,
  label: string,
): Progress {
  if (stderr.isTTY !== true) return { show: () => undefined, end: () => undefined };
  const startedAt = clock.now();
  let lastDrawnAt = Number.NEGATIVE_INFINITY;
  return {
    show(done, share) {
      const now = clock.now();
      if (now - lastDrawnAt < REDRAW_INTERVAL_MS) return;
      lastDrawnAt = now;
      stderr.write(`\r\u001B[2K${formatProgress(label, done, (now - startedAt) / 1_000, share)}`);
    },
    end: () => stderr.write('\r\u001B[2K'),
  };
}

export function formatProgress(label: string, done: number, seconds: number, share?: number): string {
  const rate = seconds > 0 ? `  ${formatNumber(Math.round(done / seconds))}/s` : '';
  const count = `${label} ${formatNumber(done)}${rate}`;
  if (share === undefined) return count;
  const fraction = Math.min(1, Math.max(0, share));
  const filled = Math.round(fraction * BAR_WIDTH);
  const bar = '█'.repeat(filled).padEnd(BAR_WIDTH, '░');
  const remaining = fraction > 0 ? `  ${formatDuration((seconds / fraction) * (1 - fraction))} left` : '';
  return `${bar} ${Math.floor(fraction * 100)} %  ${count}${remaining}`;
}

/** Seconds for people: `42 s`, `3 min 20 s`, `5 h 07 min`, `2 d 03 h`. */
export function formatDuration(seconds: number): string {
  const totalSeconds = Math.round(seconds);
  const padTwo = (number: number) => String(Math.floor(number)).padStart(2, '0');
  if (totalSeconds < 60) return `${totalSeconds} s`;
  if (totalSeconds < 3_600) return `${Math.floor(totalSeconds / 60)} min ${padTwo(totalSeconds % 60)} s`;
  if (totalSeconds < 86_400)
    return `${Math.floor(totalSeconds / 3_600)} h ${padTwo((totalSeconds % 3_600) / 60)} min`;
  return `${Math.floor(totalSeconds / 86_400)} d ${padTwo((totalSeconds % 86_400) / 3_600)} h`;
}
