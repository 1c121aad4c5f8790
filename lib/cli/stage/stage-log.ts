import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../runtime/clock.ts';
import { CommandError } from '../cli-errors.ts';
import { clientOptions, type FUNCTIONS, stackName } from './stage-clients.ts';

export type LogsClient = Pick<CloudWatchLogsClient, 'send'>;

/** A line of the answer, by field; Logs Insights gives every value as text. */
export type LogRow = Readonly<Record<string, string>>;

export type LogQuery = {
  functions: readonly (typeof FUNCTIONS)[number][];
  /** In the language of Logs Insights. */
  query: string;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
};

/** The functions' log groups have their names from Lambda. */
export const logGroupName = (stage: string, name: string): string =>
  `/aws/lambda/${stackName(stage)}-${name}`;

const POLL_MS = 500;
const MAX_POLLS = 60;

/**
 * Asks Logs Insights, and waits for the answer.
 *
 * @throws what CloudWatch answers; CommandError if it does not answer within half a minute
 */
export async function queryLogs(
  stage: string,
  { functions, query, from, to }: LogQuery,
  client: LogsClient,
  clock: Clock,
): Promise<LogRow[]> {
  const { StartQueryCommand, GetQueryResultsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const { queryId } = await client.send(
    new StartQueryCommand({
      logGroupNames: functions.map((name) => logGroupName(stage, name)),
      queryString: query,
      startTime: Math.floor(from / 1_000),
      endTime: Math.ceil(to / 1_000),
    }),
  );
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete')
      return results.map((fields) =>
        Object.fromEntries(fields.map(({ field = '', value = '' }) => [field, value])),
      );
    if (status !== 'Scheduled' && status !== 'Running')
      throw new CommandError(`CloudWatch did not finish the query of the log (${status}): try again`);
    await clock.sleep(POLL_MS);
  }
  throw new CommandError('CloudWatch did not answer the query of the log within half a minute: try again');
}

/** A moment as Logs Insights writes it, in milliseconds since the epoch. */
export const parseLogTime = (row: LogRow): number =>
  Date.parse(`${(row['@timestamp'] ?? '').replace(' ', 'T')}Z`);

/** The SDK's client, loaded when it is needed. */
export async function connectLogs(region: string | undefined): Promise<CloudWatchLogsClient> {
  const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
  return new CloudWatchLogsClient(clientOptions(region));
}
