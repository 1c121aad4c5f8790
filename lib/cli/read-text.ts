import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { InputError } from '../runtime/errors.ts';
import { CommandError } from './cli-errors.ts';
import { type CommandContext, printNote } from './command-context.ts';
import { decodeInput } from './decode-input.ts';

/**
 * The text of a file, or of standard input for `-`, in chunks; `onRead` gets the bytes of each, as they
 * stand in the file. On a terminal it says that it waits for input.
 */
export async function* readText(
  file: string,
  context: Pick<CommandContext, 'stdin' | 'stderr'>,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<string> {
  const { stdin } = context;
  const stream = file === '-' ? stdin : createReadStream(file);
  if (stream === stdin && stdin.isTTY === true)
    printNote(context, 'relay: waiting for events on standard input; Ctrl-D ends it');
  try {
    yield* decodeInput(readBytes(stream, onRead));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const isDirectory = error instanceof Error && 'code' in error && error.code === 'EISDIR';
    if (isDirectory) throw new CommandError(`${file} is a directory: name a file`);
    throw new CommandError(`cannot read the input: ${error instanceof Error ? error.message : error}`);
  }
}

async function* readBytes(stream: Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    onRead(bytes.length);
    yield bytes;
  }
}
