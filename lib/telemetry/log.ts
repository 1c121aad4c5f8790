import { Logger } from '@aws-lambda-powertools/logger';

/** What a log line may carry beside its message: counts, names and causes; never a secret, a trait or an id. */
export type LogFields = Record<string, string | number | boolean | undefined>;

type Write = (message: string, fields: LogFields) => void;

export type Log = { debug: Write; info: Write; warn: Write; error: Write };

/** One JSON object a line, with the request id of the invocation in it. */
export function createLog(serviceName: string): Log {
  const logger = new Logger({ serviceName });
  return {
    debug: (message, fields) => logger.debug(message, fields),
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
  };
}
