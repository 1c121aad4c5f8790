import type { Terminal } from './command-context.ts';

export type Progress = {
  /** `done` of the things so far; `share` of the whole, from 0 to 1, where it is known. */
  show(done: number, share?: number): void;
  /** Clears the line. */
  end(): void;
};

const EVERY_MS = 100;
const BAR_WIDTH = 24;

/** One line on stderr that tells how far the work is, how fast it goes and how long it takes; only on a terminal. */
export function createProgress(
  { stderr, clock }: Pick<Terminal, 'stderr' | 'clock'>,
  doing: string,
): Progress {
  if (stderr.isTTY !== true) return { show: () => undefined, end: () => undefined };
  const startedAt = clock.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(done, share) {
      const now = clock.now();
      if (now - shownAt < EVERY_MS) return;
      shownAt = now;
      stderr.write(`\r\u001B[2K${progressText(doing, done, (now - startedAt) / 1_000, share)}`);
    },
    end: () => stderr.write('\r\u001B[2K'),
  };
}

export function progressText(doing: string, done: number, seconds: number, share?: number): string {
  const rate = seconds > 0 ? `  ${Math.round(done / seconds).toLocaleString('en')}/s` : '';
  const count = `${doing} ${done.toLocaleString('en')}${rate}`;
  if (share === undefined) return count;
  const whole = Math.min(1, Math.max(0, share));
  const filled = Math.round(whole * BAR_WIDTH);
  const bar = '█'.repeat(filled).padEnd(BAR_WIDTH, '░');
  const left = whole > 0 ? `  ${durationText((seconds / whole) * (1 - whole))} left` : '';
  return `${bar} ${Math.floor(whole * 100)} %  ${count}${left}`;
}

/** Seconds for people: `42 s`, `3 min 20 s`, `5 h 07 min`, `2 d 03 h`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${two((whole % 3_600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${two((whole % 86_400) / 3_600)} h`;
}
