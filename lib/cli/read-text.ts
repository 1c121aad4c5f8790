import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { CommandError } from './cli-errors.ts';

/** The text of a file, or of standard input for `-`, in chunks; `onRead` is told the bytes of each. */
export async function* readText(
  file: string,
  stdin: Readable,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<string> {
  const stream = file === '-' ? stdin : createReadStream(file);
  try {
    for await (const chunk of stream.setEncoding('utf8')) {
      onRead(Buffer.byteLength(chunk));
      yield chunk;
    }
  } catch (error) {
    throw new CommandError(`cannot read the input: ${error instanceof Error ? error.message : error}`);
  }
}
