import type { Random } from '../runtime/random.ts';

/** `info` reports what went well, `debug` what only a developer needs. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type Level = (typeof LEVELS)[number];

export type LevelSettings = {
  /** The lowest level that is written. */
  level: Level;
  /** How many of the `info` lines are written, from 0 to 1. */
  infoSampleRate: number;
};

/** Whether a line of a level is to be written. */
export function createLevelFilter({ level: threshold, infoSampleRate }: LevelSettings, random: Random) {
  return (level: Level): boolean =>
    LEVELS.indexOf(level) >= LEVELS.indexOf(threshold) &&
    (level !== 'info' || infoSampleRate === 1 || random() < infoSampleRate);
}
