import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { readText } from '../../../lib/cli/read-text.ts';

async function read(isTTY: boolean) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = new PassThrough();
  stdin.end('{}');
  let input = '';
  for await (const chunk of readText('-', { stdin, stderr })) input += chunk;
  stderr.end();
  return { input, notes: await text(stderr) };
}

test('on a terminal, a command that waits for input says so and how to end it', async () => {
  expect(await read(true)).toEqual({
    input: '{}',
    notes: 'relay: waiting for events on standard input; Ctrl-D ends it\n',
  });
});

test('in a pipeline it says nothing', async () => {
  expect(await read(false)).toEqual({ input: '{}', notes: '' });
});
