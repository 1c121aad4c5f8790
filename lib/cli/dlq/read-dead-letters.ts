import { createDeadLetterReader, type DeadLetterReader } from '../../dead-letters/dead-letter-reader.ts';
import type { CommandContext } from '../command-context.ts';
import type { Connection } from '../connection.ts';

/** Reads the dead letters of a relay, until Ctrl-C. */
export function openDeadLetterReader(
  connection: Connection,
  context: CommandContext,
  signal: AbortSignal = context.interruptSignal(),
): DeadLetterReader {
  return createDeadLetterReader(
    { ...connection, ...context },
    { signal, waitSeconds: connection.waitSeconds },
  );
}
