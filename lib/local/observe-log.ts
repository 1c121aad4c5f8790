import type { Log, LogFields, LogMessage } from '../telemetry/log.ts';

/** The same log; `onLine` is told of each line first. */
export function observeLog(log: Log, onLine: (message: LogMessage, fields: LogFields) => void): Log {
  const writeAt =
    (level: keyof Log): Log['info'] =>
    (message, fields) => {
      onLine(message, fields);
      log[level](message, fields);
    };
  return { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}
