import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';

/** A log for people: a line each, with the time of day (UTC), without what is for debugging. */
export function createLocalLog(write: (line: string) => void, clock: Clock): Log {
  const writeAt =
    (level: string): Log['info'] =>
    (message, fields) => {
      const time = new Date(clock.now()).toISOString().slice(11, 23);
      const details = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${value}`],
      );
      write(`${[time, level.padEnd(5), message, ...details].join(' ')}\n`);
    };
  return { debug: () => undefined, info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}
