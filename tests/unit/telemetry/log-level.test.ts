import { expect, test } from '@jest/globals';
import { createLevelFilter, LEVELS } from '../../../lib/telemetry/log-level.ts';

const listWritten = (level: (typeof LEVELS)[number]) => {
  const isWritten = createLevelFilter({ level, infoSampleRate: 1 }, () => 0.999);
  return LEVELS.filter(isWritten);
};

test('lines of the level and of higher ones are written', () => {
  expect(LEVELS.map(listWritten)).toEqual([
    ['debug', 'info', 'warn', 'error'],
    ['info', 'warn', 'error'],
    ['warn', 'error'],
    ['error'],
  ]);
});

test('of the lines about what went well only a share is written, where that is asked for', () => {
  const draws = [0, 0.24, 0.25, 0.9];
  const isWritten = createLevelFilter({ level: 'debug', infoSampleRate: 0.25 }, () => draws.shift() ?? 1);
  expect(Array.from({ length: 4 }, () => isWritten('info'))).toEqual([true, true, false, false]);
  const others = LEVELS.filter((level) => level !== 'info');
  expect(others.filter(isWritten)).toEqual(['debug', 'warn', 'error']);
});

test('a share of none writes none', () => {
  const isWritten = createLevelFilter({ level: 'info', infoSampleRate: 0 }, () => 0);
  expect([isWritten('info'), isWritten('warn')]).toEqual([false, true]);
});
