import { hostname, userInfo } from 'node:os';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DeadLetterFilter } from '../../dead-letters/dead-letter-filter.ts';
import { toLoggableId } from '../../telemetry/message-id.ts';
import { type CommandContext, printNote } from '../command-context.ts';
import { logGroupName } from './stage-log.ts';

/** What an operator did to the dead letters. */
export type AuditEntry = {
  action: 'replay' | 'purge';
  filter: DeadLetterFilter;
  /** Dead letters that were replayed, or deleted. */
  count: number;
  /** Those that should have been, and may still be there. */
  failed: number;
  why?: string | undefined;
};

/** The operator, as far as this machine and AWS know: CloudTrail tells whose access key it is. */
export type Operator = { user: string; host: string; accessKeyId: string };

/** Who runs this command. */
export const identifyOperator = (accessKeyId: string): Operator => ({
  user: userInfo().username,
  host: hostname(),
  accessKeyId,
});

/** The line of an action. A user's id is personal, so that the line only says that there was one. */
export function toAuditLine({ action, filter, count, failed, why }: AuditEntry, operator: Operator): string {
  const { ids, reasons, types, since, until, user, messageId } = filter;
  const toTime = (moment: number | undefined) => moment && new Date(moment).toISOString();
  return JSON.stringify({
    message:
      action === 'replay' ? 'dead letters replayed by an operator' : 'dead letters purged by an operator',
    operator,
    filter: {
      ids,
      reasons,
      types,
      since: toTime(since),
      until: toTime(until),
      user: user && 'one user',
      messageId: messageId && toLoggableId(messageId),
    },
    count,
    failed,
    why,
  });
}

/**
 * Writes a line to the log group of a stage's replay function, in a stream of its own. Without the right to it, the
 * operator is told, and nothing else fails.
 */
export async function writeAuditLine(
  stage: string,
  line: string,
  {
    client,
    context,
  }: {
    client: Pick<CloudWatchLogsClient, 'send'>;
    context: Pick<CommandContext, 'clock' | 'random' | 'stderr'>;
  },
): Promise<void> {
  const { CreateLogStreamCommand, PutLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const now = context.clock.now();
  const logGroup = { logGroupName: logGroupName(stage, 'replay') };
  const suffix = context.random().toString(36).slice(2, 10);
  const logStreamName = `operator/${new Date(now).toISOString().replaceAll(':', '-')}/${suffix}`;
  try {
    await client.send(new CreateLogStreamCommand({ ...logGroup, logStreamName }));
    const logEvents = [{ timestamp: now, message: line }];
    await client.send(new PutLogEventsCommand({ ...logGroup, logStreamName, logEvents }));
  } catch (error) {
    const cause = error instanceof Error ? error.name : 'unknown';
    printNote(context, `relay: no audit line was written to the log of the stage (${cause})`);
  }
}
