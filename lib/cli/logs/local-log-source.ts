import { localLogSchema } from '../../local/api-schema.ts';
import { toLoggableId } from '../../telemetry/message-id.ts';
import type { CommandContext } from '../command-context.ts';
import { requestLocalRelay } from '../request-local-relay.ts';
import type { LogEntry, LogSource } from './log-entry.ts';
import type { LogSelection } from './stage-log-source.ts';

/** The log of the local relay, which keeps its latest lines. */
export function openLocalLog(
  { since, messageId }: LogSelection,
  context: Pick<CommandContext, 'env' | 'clock'>,
): LogSource {
  const id = messageId === undefined ? undefined : toLoggableId(messageId);
  const isWanted = ({ at, fields }: LogEntry) => {
    const { messageIds } = fields;
    return at >= since && (id === undefined || (Array.isArray(messageIds) && messageIds.includes(id)));
  };
  let next = 0;
  return {
    async read() {
      const { lines, next: nextLine } = await requestLocalRelay(
        context,
        `GET /local/logs?from=${next}`,
        localLogSchema,
      );
      next = nextLine;
      return lines.filter(isWanted);
    },
    close: () => undefined,
  };
}
