import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { printLine } from '../../../lib/cli/command-context.ts';

test('a line that the reader has no room for yet is waited for', async () => {
  const stdout = new PassThrough({ highWaterMark: 1 });
  let isPrinted = false;
  const printed = printLine({ stdout }, 'a line').then(() => {
    isPrinted = true;
  });
  await setImmediate();
  expect(isPrinted).toBe(false);
  const read = text(stdout);
  await printed;
  stdout.end();
  expect(await read).toBe('a line\n');
});
