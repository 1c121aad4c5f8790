import type { Clock } from '../runtime/clock.ts';
import type { Rejection } from './attempt.ts';
import type { BatchAttempts, Evidence } from './evidence.ts';
import type { Gate } from './gate.ts';
import type { KeptEvent, KeptEvents } from './kept-events.ts';
import type { PendingOperation } from './queued-event.ts';
import { reactions } from './reactions.ts';
import type { Settlement } from './settlement.ts';

/** A failure that is not about the data for certain is given up only after so long and so many tries alone. */
const MIN_KEPT_MS = 600_000;
const MIN_KEPT_TRIES = 3;

type Ports = { gate: Gate; evidence: Evidence; kept: KeptEvents; clock: Clock };
type Context = {
  settlement: Settlement;
  batch: BatchAttempts;
  /** When a request of the batch was first refused, in milliseconds since the epoch. */
  firstRefusedAt: number;
};

/**
 * Decides what becomes of an operation that was rejected alone: given up, or kept and tried again. Nothing is given up
 * before another operation has passed, except a few operations and very old ones.
 */
export function createJudge(
  { maxEventAgeMs }: { maxEventAgeMs: number },
  { gate, evidence, kept, clock }: Ports,
) {
  const isTooOld = (operation: PendingOperation) =>
    clock.now() - operation.queuedEvent.message.sentAt >= maxEventAgeMs;

  /**
   * A refusal is about the data, so all that is missing is another operation that passes: between two refusals of this
   * one, for after the last of them the API may be another.
   */
  function judgeRefusal(
    operation: PendingOperation,
    rejection: Rejection,
    { settlement, firstRefusedAt }: Context,
  ): void {
    const { message } = operation.queuedEvent;
    const refusedSince = kept.get(message.sqsMessageId)?.refusedSince ?? firstRefusedAt;
    const isProven = rejection.acceptedBefore > refusedSince;
    const isRoomLeft = evidence.mayGiveUpUnproven();
    // What has passed since the answer makes room for another five; but the API may be another one now.
    const mayGoUnproven = rejection.mayGoUnproven && isRoomLeft;
    if (isProven || mayGoUnproven || isTooOld(operation)) {
      if (!isProven) evidence.recordUnproven();
      settlement.rejectOperation(operation, rejection);
      return;
    }
    kept.recordRefusal(message.sqsMessageId, rejection.at);
    settlement.failGroup(message);
    if (!isRoomLeft && gate.pause() === undefined) gate.tripForRefusals(rejection);
  }

  /** A failure may pass, so it is tried again: alone, if others have passed meanwhile. */
  function judgeFailure(operation: PendingOperation, rejection: Rejection, context: Context): void {
    const { message, lot } = operation.queuedEvent;
    const known = kept.get(message.sqsMessageId);
    const failedBefore = known?.lastFailedAt ?? context.batch.firstFailedAt;
    const isProven = evidence.acceptedAt() > failedBefore && evidence.isWell(context.batch);
    const isSuspect = isProven || known !== undefined || lot !== 'fresh';
    // While the breaker is open, a failure says nothing of the event.
    if (!isSuspect || gate.pause() !== undefined) {
      context.settlement.failGroup(message);
      return;
    }
    const event = kept.recordFailure(message.sqsMessageId, rejection.at, isProven);
    if (isGivenUp(operation, rejection, event)) {
      // Operations behind it in its event were not tried: they go the same way.
      context.settlement.rejectMessage(message, rejection);
      return;
    }
    const now = clock.now();
    kept.scheduleRetry(event, now, gate.period());
    context.settlement.keepGroup(message, (event.dueAt ?? now) - now);
  }

  function isGivenUp(operation: PendingOperation, { outcome }: Rejection, event: KeptEvent): boolean {
    if (event.failures < MIN_KEPT_TRIES) return false;
    const isKeptLongEnough = event.proven >= MIN_KEPT_TRIES && clock.now() - event.since >= MIN_KEPT_MS;
    return isTooOld(operation) || (isKeptLongEnough && reactions[outcome].givenUp === 'after_tries');
  }

  return function judge(operation: PendingOperation, rejection: Rejection, context: Context): void {
    // The event was given up with another operation of it.
    if (operation.queuedEvent.pendingOperations === 0) return;
    if (rejection.outcome === 'alias_unsupported') context.settlement.rejectOperation(operation, rejection);
    else if (reactions[rejection.outcome].verdict === 'refused') judgeRefusal(operation, rejection, context);
    else judgeFailure(operation, rejection, context);
  };
}
