import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { confirm } from '../../../lib/cli/confirm.ts';

function createStreams(isTTY: boolean) {
  return { stdin: Object.assign(new PassThrough(), { isTTY }), stderr: new PassThrough() };
}

const running = () => new AbortController().signal;

async function answer(line: string): Promise<boolean> {
  const streams = createStreams(true);
  const confirmed = confirm('Delete all?', streams, running());
  streams.stdin.end(`${line}\n`);
  return confirmed;
}

test.each(['y', 'Y', 'yes', ' YES '])('%j is a yes', async (line) => {
  expect(await answer(line)).toBe(true);
});

test.each(['', 'n', 'no', 'nay', 'any', 'yesterday', 'yy', 'y n'])('%j is none', async (line) => {
  expect(await answer(line)).toBe(false);
});

test('Ctrl-C is a no', async () => {
  const streams = createStreams(true);
  const interrupt = new AbortController();
  const confirmed = confirm('Delete all?', streams, interrupt.signal);
  interrupt.abort();
  expect(await confirmed).toBe(false);
});

test('without a terminal it cannot ask, and names --yes', async () => {
  await expect(confirm('Delete all?', createStreams(false), running())).rejects.toThrow(
    'Delete all? There is no terminal to ask on: add --yes',
  );
});
