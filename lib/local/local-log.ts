import type { Clock } from '../runtime/clock.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import type { Log } from '../telemetry/log.ts';
import { pickKnownFields } from '../telemetry/log-fields.ts';
import { createLevelFilter, type Level, type LevelSettings } from '../telemetry/log-level.ts';

const defaultSettings: LevelSettings = { level: 'info', infoSampleRate: 1 };

/**
 * A log for people: a line each, with the time of day (UTC). Message ids are for a search in many lines of many days,
 * so they are left out; so are metrics.
 */
export function createLocalLog(
  write: (line: string) => void,
  clock: Clock,
  settings = defaultSettings,
  random: Random = systemRandom,
): Log {
  const isWritten = createLevelFilter(settings, random);
  const writeAt =
    (level: Level): Log['info'] =>
    (message, fields) => {
      if (!isWritten(level)) return;
      const time = new Date(clock.now()).toISOString().slice(11, 23);
      const { messageIds: _, ...loggedFields } = pickKnownFields(fields);
      const details = Object.entries(loggedFields).map(([name, value]) => `${name}=${value}`);
      write(`${[time, level.padEnd(5), message, ...details].join(' ')}\n`);
    };
  return { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}
