import { type Clock, type Random, systemRandom } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { knownFields } from '../telemetry/log-fields.ts';
import { type Level, type LevelSettings, levelFilter } from '../telemetry/log-level.ts';

const plain: LevelSettings = { level: 'info', successShare: 1 };

/**
 * A log for people: a line each, with the time of day (UTC). Message ids are for a search in many lines of many days,
 * so they are left out; so are metrics.
 */
export function createLocalLog(
  write: (line: string) => void,
  clock: Clock,
  settings = plain,
  random: Random = systemRandom,
): Log {
  const isWritten = levelFilter(settings, random);
  const writeAt =
    (level: Level): Log['info'] =>
    (message, fields) => {
      if (!isWritten(level)) return;
      const time = new Date(clock.now()).toISOString().slice(11, 23);
      const { messageIds: _, ...told } = knownFields(fields);
      const details = Object.entries(told).map(([name, value]) => `${name}=${value}`);
      write(`${[time, level.padEnd(5), message, ...details].join(' ')}\n`);
    };
  return { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}
