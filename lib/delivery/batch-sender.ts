import {
  type AttemptOptions,
  type AttemptResult,
  attempt,
  type Rejection,
  type SlotStats,
} from './attempt.ts';
import { bisect } from './bisect.ts';
import type { Gate } from './gate.ts';
import { merge } from './merge.ts';
import type { DeliveryPorts, DeliverySettings } from './ports.ts';
import type { QueuedEvent } from './queued-event.ts';
import { requestPath } from './request.ts';
import type { PendingOperation } from './request-operation.ts';
import type { Settlement } from './settlement.ts';

/** Failures of a request, for a passing reason, before its operations come under suspicion. */
const TRANSIENT_FAILURES_BEFORE_BISECT = 3;

/** So many operations refused in one batch, more than are accepted, for causes not seen before: not the data's fault. */
const MASS_REJECTION_MIN = 15;

/** How long an alias call that Salesmachine does not know is not tried again. */
const ALIAS_UNSUPPORTED_MS = 3_600_000;

type Batch = {
  queuedEvents: readonly QueuedEvent[];
  settlement: Settlement;
  deadline: number;
  slotStats?: SlotStats;
};

/**
 * Delivers the works of one request, for which the caller has a slot: when it resolves, each is settled or has failed.
 * Made once a lane, for it remembers which refusals are known.
 */
export function createBatchSender(settings: DeliverySettings, gate: Gate, ports: DeliveryPorts) {
  const { clock, log } = ports;
  const seenDetails = new Set<string>();
  let aliasUnsupported: { rejection: Rejection; until: number } | undefined;

  return async function sendBatch({ queuedEvents, settlement, deadline, slotStats }: Batch): Promise<void> {
    const path = requestPath(queuedEvents, settings.mapping.alias === 'single');
    const operations = queuedEvents.flatMap((queuedEvent) => queuedEvent.operations);
    const rejections = new Map<PendingOperation, Rejection>();
    let acceptedCount = 0;
    let credentialVerified = false;

    async function send(
      subset: readonly PendingOperation[],
      options: Omit<AttemptOptions, 'deadline' | 'credentialVerified'>,
    ): Promise<AttemptResult> {
      const sendable = subset.filter((operation) => !settlement.isGroupFailed(operation.queuedEvent));
      if (sendable.length === 0) return { kind: 'delivered' };
      const result = await attempt(
        { path, operations: merge(sendable) },
        { deadline, credentialVerified, ...options },
        { ...ports, gate },
      );
      credentialVerified ||= isAmbiguous(result);
      if (result.kind === 'delivered') {
        acceptedCount += sendable.length;
        settlement.markDelivered(sendable);
      }
      return result;
    }

    /** By arrival, so that nobody's later event gets ahead; what was merged comes apart by itself. */
    async function isolateRejected(firstRejection: Rejection): Promise<void> {
      await bisect(operations, firstRejection, {
        send: (subset, alone) =>
          send(subset, {
            hasSlot: false,
            maxTransientFailures: alone ? TRANSIENT_FAILURES_BEFORE_BISECT : 1,
          }),
        reject(operation, rejection) {
          rejections.set(operation, rejection);
          // It will be tried again, unless it is too old: nothing of its group may overtake it.
          if (rejection.reason === 'server_error') settlement.failGroup(operation.queuedEvent);
        },
      });
    }

    function isMassRejection(): boolean {
      const unseen = [...rejections.values()].filter(({ detail }) => !seenDetails.has(detail)).length;
      return unseen >= MASS_REJECTION_MIN && unseen > acceptedCount;
    }

    function isPermanent(operation: PendingOperation, rejection: Rejection): boolean {
      const age = clock.now() - operation.queuedEvent.message.sentAt;
      return rejection.reason !== 'server_error' || age >= settings.maxEventAgeMs;
    }

    if (path === '/v1/alias' && aliasUnsupported && clock.now() < aliasUnsupported.until) {
      for (const operation of operations) rejections.set(operation, aliasUnsupported.rejection);
    } else {
      const result = await send(operations, {
        hasSlot: true,
        maxTransientFailures: TRANSIENT_FAILURES_BEFORE_BISECT,
        slotStats,
      });
      if (result.kind === 'bad') {
        const { rejection } = result;
        if (rejection.reason === 'alias_unsupported')
          aliasUnsupported = { rejection, until: clock.now() + ALIAS_UNSUPPORTED_MS };
        await isolateRejected(rejection);
      }
    }

    // The one ping was before the search: a credential that went bad since would blame whatever was sent.
    const credentialStillValid = !credentialVerified || (await gate.ping(deadline)) === 'delivered';
    if (isMassRejection()) {
      log.error('mass rejection detected', {
        rejected: rejections.size,
        accepted: acceptedCount,
      });
      gate.trip('configuration');
    } else if (credentialStillValid) {
      for (const [operation, rejection] of rejections) {
        if (!isPermanent(operation, rejection)) continue;
        seenDetails.add(rejection.detail);
        settlement.reject(operation, rejection);
      }
    }
    for (const queuedEvent of queuedEvents)
      if (queuedEvent.pendingOperations > 0) settlement.failGroup(queuedEvent);
  };
}

/** A refusal that a ping has shown to be about the data. */
const isAmbiguous = (result: AttemptResult) => result.kind === 'bad' && result.rejection.status === 400;
