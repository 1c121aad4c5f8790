import { FIELD_NAMES } from '../../telemetry/log-fields.ts';

/** A line of the relay's log. */
export type LogEntry = {
  /** Milliseconds since the epoch. */
  at: number;
  /** Which function wrote it; the local relay does not say. */
  service?: string;
  level: string;
  message: string;
  /** Its facts, by name. */
  fields: Readonly<Record<string, unknown>>;
};

/** Reads what was logged since it was last asked, the oldest first. */
export type LogSource = { read(): Promise<LogEntry[]>; close(): void };

/** Ids of many events would hide everything else. */
const HIDDEN: ReadonlySet<string> = new Set(['messageIds', 'messageId']);

/** A line for people: time (UTC), function, message, and the facts. */
export function formatLogEntry({ at, service, level, message, fields }: LogEntry): string {
  const facts = FIELD_NAMES.filter((name) => !HIDDEN.has(name)).flatMap((name) => {
    const value = fields[name];
    return value === undefined || value === null ? [] : [`${name}=${formatValue(value)}`];
  });
  const time = new Date(at).toISOString().replace('T', ' ').slice(0, 23);
  const mark = level === 'info' || level === 'debug' ? '' : `${level.toUpperCase()} `;
  const from = service ? [service.padEnd(6)] : [];
  return [time, ...from, `${mark}${message}`, ...facts].join('  ');
}

/** Text with spaces in quotes, so that the end of a fact can be seen. */
function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /\s/.test(text) ? JSON.stringify(text) : text;
}
