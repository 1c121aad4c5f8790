import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config.ts';

/** What a command sees of the process that it runs in. */
export type Terminal = { stdin: Readable; stdout: Writable; env: Environment };

/** One command of `relay`: a file of its own, listed in `main.ts`. */
export type Command = {
  /** One line for the list of commands. */
  summary: string;
  /** What `relay NAME --help` prints. */
  help: string;
  /** @throws CommandError for what the caller can mend */
  run(args: string[], terminal: Terminal): Promise<void>;
};

/** The caller can mend it: its message is printed as one line, without a stack, and the exit code is 2. */
export class CommandError extends Error {
  override name = 'CommandError' as const;
}
