import type { Reason } from '../dead-letters/reasons.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ApiResult, Salesmachine } from '../salesmachine/client.ts';
import { toErrorDetail } from '../salesmachine/error-detail.ts';
import { toOutcome } from '../salesmachine/outcome.ts';
import { readRemaining } from '../salesmachine/rate-limit.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import type { Gate } from './gate.ts';
import { requestBody, type SalesmachineRequest } from './request.ts';
import { queuedEventsIn } from './request-operation.ts';

/** Why operations were refused. */
export type Rejection = { reason: Reason; status?: number; detail: string };

export type AttemptResult =
  | { kind: 'delivered' }
  /** At least one of the request's operations is bad. */
  | { kind: 'bad'; rejection: Rejection }
  /** Time ran out before it was decided. */
  | { kind: 'stopped' };

/** How long the lane waited for a slot, and how many messages it received meanwhile. */
export type SlotStats = Pick<LogFields, 'waitMs' | 'received'>;

type Ports = { gate: Gate; salesmachine: Salesmachine; clock: Clock; log: Log };

export type AttemptOptions = {
  /** The last moment to send at. */
  deadline: number;
  /** The caller has a slot already. */
  hasSlot: boolean;
  /** How the caller came to it. */
  slotStats?: SlotStats | undefined;
  /** Failures, for a passing reason, before the operations themselves come under suspicion. */
  maxTransientFailures: number;
  /** The credential has just passed a ping, so that an ambiguous answer is about the data. */
  credentialVerified: boolean;
};

/**
 * Sends one request, the same again and again, until the answer decides: what only says that the moment is bad (429,
 * an outage, a rejected credential) shuts the gate, and the next try waits there.
 */
export async function attempt(
  request: SalesmachineRequest,
  options: AttemptOptions,
  ports: Ports,
): Promise<AttemptResult> {
  const { gate, clock } = ports;
  let { hasSlot, slotStats } = options;
  let transientFailures = 0;
  let apiConfirmed = false;
  for (;;) {
    if (!hasSlot) {
      const waitStartedAt = clock.now();
      if (!(await gate.acquireSlot(options.deadline))) return { kind: 'stopped' };
      slotStats = { waitMs: clock.now() - waitStartedAt };
    }
    hasSlot = false;
    const result = await post(request, slotStats, ports);
    const outcome = toOutcome(request.path, result);
    gate.recordOutcome(outcome, result);

    switch (outcome) {
      case 'delivered':
        return { kind: 'delivered' };
      case 'rejected':
        return { kind: 'bad', rejection: toRejection('rejected', result) };
      case 'too_big':
        return { kind: 'bad', rejection: toRejection('too_large', result) };
      case 'unsupported':
        // The URL may be wrong for every call: a ping tells, and after it the same call again.
        if (apiConfirmed) return { kind: 'bad', rejection: toRejection('alias_unsupported', result) };
        apiConfirmed = (await gate.ping(options.deadline)) === 'delivered';
        break;
      case 'ambiguous':
        // A ping with the same credential tells whether the credential or the data is meant.
        if (options.credentialVerified || (await gate.ping(options.deadline)) === 'delivered')
          return { kind: 'bad', rejection: toRejection('rejected', result) };
        break;
      case 'credential':
      case 'configuration':
        gate.trip(outcome);
        break;
      case 'throttled':
        break;
      case 'transient':
      case 'uncertain':
        transientFailures += 1;
        for (const queuedEvent of queuedEventsIn(request.operations)) queuedEvent.transientFailures += 1;
        if (
          transientFailures >= options.maxTransientFailures &&
          (await gate.ping(options.deadline)) === 'delivered'
        ) {
          return { kind: 'bad', rejection: toRejection('server_error', result) };
        }
        break;
    }
  }
}

async function post(
  request: SalesmachineRequest,
  slotStats: SlotStats | undefined,
  { salesmachine, clock, log }: Ports,
): Promise<ApiResult> {
  const sentAt = clock.now();
  const result = await salesmachine.post(request.path, requestBody(request));
  const outcome = toOutcome(request.path, result);
  const queuedEvents = queuedEventsIn(request.operations);
  const write = outcome === 'delivered' ? log.info : log.warn;
  write('request completed', {
    path: request.path,
    outcome,
    operations: request.operations.length,
    events: queuedEvents.length,
    ...slotStats,
    durationMs: clock.now() - sentAt,
    oldestAgeMs:
      sentAt -
      queuedEvents.reduce((oldest, queuedEvent) => Math.min(oldest, queuedEvent.message.sentAt), sentAt),
    ...(result.kind === 'response'
      ? { status: result.status, remaining: readRemaining(result.headers) }
      : { error: result.code }),
    ...(outcome === 'uncertain' && { cause: 'answer_lost', mayBeDuplicated: true }),
    messageIds: queuedEvents.flatMap(({ event }) => event.messageId ?? []),
  });
  return result;
}

function toRejection(reason: Reason, result: ApiResult): Rejection {
  return result.kind === 'response'
    ? { reason, status: result.status, detail: toErrorDetail(result.status, result.body) }
    : { reason, detail: `the request failed (${result.code})` };
}
