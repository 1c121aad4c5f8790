import { createReadStream } from 'node:fs';
import { CommandError } from './cli-errors.ts';
import { type CommandContext, printNote } from './command-context.ts';

/**
 * The text of a file, or of standard input for `-`, in chunks; `onRead` gets the bytes of each. On a terminal it says that
 * it waits for input.
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
    for await (const chunk of stream.setEncoding('utf8')) {
      onRead(Buffer.byteLength(chunk));
      yield chunk;
    }
  } catch (error) {
    throw new CommandError(`cannot read the input: ${error instanceof Error ? error.message : error}`);
  }
}
