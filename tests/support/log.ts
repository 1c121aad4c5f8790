import type { Log, LogFields, LogMessage } from '../../lib/telemetry/log.ts';

export type LogLine = { level: keyof Log; message: LogMessage; fields: LogFields };

/** A log that keeps its lines, for tests that assert on them; they also go to `alsoTo`. */
export function recordingLog(alsoTo?: Log): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const record = (level: keyof Log) => (message: LogMessage, fields: LogFields) => {
    lines.push({ level, message, fields });
    alsoTo?.[level](message, fields);
  };
  return {
    lines,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
}
