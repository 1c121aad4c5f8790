import { createLetterReader, type LetterReader } from '../../queue/letters.ts';
import type { Connection } from '../connection.ts';
import type { Terminal } from '../terminal.ts';

/** Reads the dead letters of a relay, until Ctrl-C. */
export function letterReader(
  connection: Connection,
  terminal: Terminal,
  signal: AbortSignal = terminal.interruption(),
): LetterReader {
  return createLetterReader({ ...connection, ...terminal }, { signal, waitSeconds: connection.waitSeconds });
}
