import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createProgress, formatDuration, formatProgress } from '../../../lib/cli/progress.ts';

/** A stream that keeps what is written to it. */
function recordingStream(isTTY: boolean) {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { written, stream: Object.assign(stream, { isTTY }) };
}

function progressAt(isTTY: boolean) {
  let now = 0;
  const { written, stream } = recordingStream(isTTY);
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const progress = createProgress({ stderr: stream, clock }, 'sent');
  return {
    written,
    end: progress.end,
    showAt: (at: number, done: number) => {
      now = at;
      progress.show(done, done / 1_000);
    },
  };
}

test('on a terminal the line is rewritten, ten times a second at most, and wiped at the end', () => {
  const { written, showAt, end } = progressAt(true);
  for (let at = 0; at < 1_000; at += 10) showAt(at, at);
  expect(written).toHaveLength(10);
  expect(written.every((text) => text.startsWith('\r\u001B[2K'))).toBe(true);
  end();
  expect(written.at(-1)).toBe('\r\u001B[2K');
});

test('it goes as fast as it has gone since its start, a second', () => {
  const { written, showAt } = progressAt(true);
  showAt(2_000, 500);
  expect(written.at(-1)).toMatch(/sent 500 {2}250\/s {2}2 s left$/);
});

test('elsewhere nothing is written', () => {
  const { written, showAt, end } = progressAt(false);
  showAt(500, 500);
  end();
  expect(written).toEqual([]);
});

test.each([
  [
    formatProgress('sent', 25_000, 10, 0.25),
    '██████░░░░░░░░░░░░░░░░░░ 25 %  sent 25,000  2,500/s  30 s left',
  ],
  [formatProgress('sent', 25_000, 10), 'sent 25,000  2,500/s'],
  [formatProgress('sent', 0, 0, 0), '░░░░░░░░░░░░░░░░░░░░░░░░ 0 %  sent 0'],
  [formatProgress('sent', 9, 3, 1.5), '████████████████████████ 100 %  sent 9  3/s  0 s left'],
])('the line reads %s', (text, expected) => {
  expect(text).toBe(expected);
});

test.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.5, '1 min 00 s'],
  [3_599, '59 min 59 s'],
  [3_600, '1 h 00 min'],
  [86_399, '23 h 59 min'],
  [86_400, '1 d 00 h'],
  [273_600, '3 d 04 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
