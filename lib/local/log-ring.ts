import type { Clock } from '../runtime/clock.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import { pickKnownFields } from '../telemetry/log-fields.ts';
import type { LEVELS } from '../telemetry/log-level.ts';
import type { LocalLog } from './api-schema.ts';

/** As many, and up to twice as many, are kept, of lines and of bytes. */
const MAX_LINES = 2_000;
const MAX_BYTES = 4_000_000;

/** What a line, and each id in it, takes in memory beside its characters, roughly. */
const LINE_BYTES = 400;
const ID_BYTES = 32;

export type LogRing = {
  /** Keeps what is logged, and passes it on. */
  log: Log;
  /** The lines from a number on that are still kept, and the number to ask for next. */
  linesFrom(from: number): LocalLog;
};

/** The latest lines of the local relay's log, for `relay logs`. */
export function createLogRing(target: Log, clock: Pick<Clock, 'now'>): LogRing {
  const lines: LocalLog['lines'] = [];
  const sizes: number[] = [];
  let bytes = 0;
  /** The number of the first line that is kept. */
  let first = 0;

  function dropOldest(): void {
    let count = 0;
    while (lines.length - count > MAX_LINES || bytes > MAX_BYTES) {
      bytes -= sizes[count] ?? 0;
      count += 1;
    }
    lines.splice(0, count);
    sizes.splice(0, count);
    first += count;
  }

  const writeAt =
    (level: (typeof LEVELS)[number]): Log['info'] =>
    (message, given: LogFields) => {
      const fields = pickKnownFields(given);
      lines.push({ at: clock.now(), level, message, fields });
      const size = estimateBytes(fields);
      sizes.push(size);
      bytes += size;
      // Not at each line: to drop the first of many moves all the others.
      if (lines.length > 2 * MAX_LINES || bytes > 2 * MAX_BYTES) dropOldest();
      target[level](message, given);
    };
  return {
    log: { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') },
    linesFrom: (from) => ({ lines: lines.slice(Math.max(0, from - first)), next: first + lines.length }),
  };
}

/** Ids, up to a hundred in a line, are most of it. */
const estimateBytes = ({ messageIds = [] }: LogFields): number =>
  messageIds.reduce((sum, id) => sum + id.length + ID_BYTES, LINE_BYTES);
