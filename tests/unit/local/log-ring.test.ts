import { expect, test } from '@jest/globals';
import { createLogRing } from '../../../lib/local/log-ring.ts';
import { recordingLog } from '../../support/log.ts';

const ids = (line: number) => Array.from({ length: 100 }, (_, index) => `message-${line}-${index}`);

test('keeps the latest lines, under the numbers that they had', () => {
  const { log, linesFrom } = createLogRing(recordingLog(), { now: () => 7 });
  for (let line = 0; line < 10_000; line += 1) log.info('request completed', { operations: line });
  const { lines, next } = linesFrom(0);
  expect(next).toBe(10_000);
  expect(lines.length).toBeGreaterThanOrEqual(2_000);
  expect(lines.length).toBeLessThanOrEqual(4_000);
  expect(lines.at(-1)).toEqual({
    at: 7,
    level: 'info',
    message: 'request completed',
    fields: { operations: 9_999 },
  });
  expect(linesFrom(9_998).lines.map(({ fields }) => fields['operations'])).toEqual([9_998, 9_999]);
});

test('keeps fewer lines where each names a hundred events', () => {
  const { log, linesFrom } = createLogRing(recordingLog(), { now: () => 0 });
  for (let line = 0; line < 10_000; line += 1) {
    log.info('request completed', { operations: line, messageIds: ids(line) });
  }
  const { lines, next } = linesFrom(0);
  expect(next).toBe(10_000);
  expect(lines.length).toBeLessThan(2_000);
  expect(JSON.stringify(lines).length).toBeLessThan(8_000_000);
  expect(lines.at(-1)?.fields['operations']).toBe(9_999);
  expect(linesFrom(9_998).lines.map(({ fields }) => fields['operations'])).toEqual([9_998, 9_999]);
});
