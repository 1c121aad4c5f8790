import type { Clock } from '../runtime/clock.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import { pickKnownFields } from '../telemetry/log-fields.ts';
import type { LEVELS } from '../telemetry/log-level.ts';
import type { LocalLog } from './api-schema.ts';

/** As many, and up to twice as many, are kept: the widest lines, of a hundred ids each, take some 40 MB. */
const MAX_LINES = 2_000;

export type LogRing = {
  /** Keeps what is logged, and passes it on. */
  log: Log;
  /** The lines from a number on that are still kept, and the number to ask for next. */
  linesFrom(from: number): LocalLog;
};

/** The latest lines of the local relay's log, for `relay logs`. */
export function createLogRing(target: Log, clock: Pick<Clock, 'now'>): LogRing {
  const lines: LocalLog['lines'] = [];
  /** The number of the first line that is kept. */
  let first = 0;

  const writeAt =
    (level: (typeof LEVELS)[number]): Log['info'] =>
    (message, fields: LogFields) => {
      lines.push({ at: clock.now(), level, message, fields: pickKnownFields(fields) });
      // Not at each line: to drop the first of many moves all the others.
      if (lines.length > 2 * MAX_LINES) first += lines.splice(0, lines.length - MAX_LINES).length;
      target[level](message, fields);
    };
  return {
    log: { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') },
    linesFrom: (from) => ({ lines: lines.slice(Math.max(0, from - first)), next: first + lines.length }),
  };
}
