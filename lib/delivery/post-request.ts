import type { Clock } from '../runtime/clock.ts';
import type { ApiResult, Salesmachine } from '../salesmachine/client.ts';
import { describeResult } from '../salesmachine/error-detail.ts';
import { describeUnusualSuccess, toOutcome } from '../salesmachine/outcome.ts';
import { readRemaining } from '../salesmachine/rate-limit.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import { requestBody, type SalesmachineRequest } from './request.ts';
import { queuedEventsIn } from './request-operation.ts';

/** How long the lane waited for a slot, and how many messages it received meanwhile. */
export type SlotStats = Pick<LogFields, 'waitMs' | 'received'>;

type Ports = { salesmachine: Salesmachine; clock: Clock; log: Log };

/** Posts a request and logs what came of it, in the one line that its metrics are taken from. */
export async function postRequest(
  request: SalesmachineRequest,
  slotStats: SlotStats,
  { salesmachine, clock, log }: Ports,
): Promise<ApiResult> {
  const sentAt = clock.now();
  const result = await salesmachine.post(request.path, requestBody(request));
  const outcome = toOutcome(request.path, result);
  const queuedEvents = queuedEventsIn(request.operations);
  const operations = request.operations.map(({ operation }) => operation);
  const problem =
    outcome === 'delivered' ? describeUnusualSuccess(result) : describeResult(result, operations);
  const write = problem === undefined ? log.info : log.warn;
  write('request completed', {
    path: request.path,
    outcome,
    problem,
    operations: operations.length,
    events: queuedEvents.length,
    ...slotStats,
    durationMs: clock.now() - sentAt,
    oldestAgeMs:
      sentAt -
      queuedEvents.reduce((oldest, queuedEvent) => Math.min(oldest, queuedEvent.message.sentAt), sentAt),
    ...(result.kind === 'response'
      ? { status: result.status, remaining: readRemaining(result.headers) }
      : { error: result.code }),
    ...(outcome === 'possibly_applied' && { cause: 'answer_lost', mayBeDuplicated: true }),
    messageIds: queuedEvents.map(({ event, message }) => event.messageId ?? message.sqsMessageId),
  });
  return result;
}
