import { createLetterReader, type LetterReader } from '../../dead-letters/dead-letter-reader.ts';
import type { Terminal } from '../command-context.ts';
import type { Connection } from '../connection.ts';

/** Reads the dead letters of a relay, until Ctrl-C. */
export function letterReader(
  connection: Connection,
  terminal: Terminal,
  signal: AbortSignal = terminal.interruption(),
): LetterReader {
  return createLetterReader({ ...connection, ...terminal }, { signal, waitSeconds: connection.waitSeconds });
}
