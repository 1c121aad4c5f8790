import { Logger } from '@aws-lambda-powertools/logger';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { getInvocation } from '../runtime/invocation-context.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { toEmf } from './emf.ts';
import { type LogFields, pickKnownFields } from './log-fields.ts';
import { createLevelFilter, type Level, type LevelSettings } from './log-level.ts';
import type { LogMessage } from './log-messages.ts';
import { toMetrics } from './metrics.ts';

export type { LogFields } from './log-fields.ts';
export type { LogMessage } from './log-messages.ts';

type Write = (message: LogMessage, fields: LogFields) => void;

/** Where the relay reports what it does: one wide line for each thing that happened, which feeds `metricsByMessage`. */
export type Log = Record<Level, Write>;

export type LogSettings = LevelSettings & {
  /** CloudWatch's namespace for the metrics; without one there are none. */
  namespace: string;
};

const defaultSettings: LogSettings = { level: 'info', infoSampleRate: 1, namespace: '' };

/**
 * The log of a deployed function: a JSON object a line, with the line's metrics among its members. What is not written
 * for its level, or left out of the sample, is counted all the same.
 */
export function createLog(
  serviceName: string,
  settings: LogSettings = defaultSettings,
  { now }: Pick<Clock, 'now'> = systemClock,
  random: Random = systemRandom,
): Log {
  const logger = new Logger({ serviceName, logLevel: 'DEBUG' });
  const isWritten = createLevelFilter(settings, random);

  const writeAt =
    (level: Level): Write =>
    (message, given) => {
      const fields = pickKnownFields({ ...getInvocation(), ...given });
      const metrics = settings.namespace === '' ? [] : toMetrics(message, fields);
      const members = toEmf(metrics, settings.namespace, now());
      if (isWritten(level)) {
        logger[level](message, { ...fields, ...members });
      } else if (metrics.length > 0) {
        const dimensions = metrics.flatMap(({ dimension }) =>
          dimension ? [[dimension, fields[dimension]]] : [],
        );
        process.stdout.write(`${JSON.stringify({ ...Object.fromEntries(dimensions), ...members })}\n`);
      }
    };
  return { debug: writeAt('debug'), info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}
