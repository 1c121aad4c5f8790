import type { MappingSettings } from '../mapping/mapping-settings.ts';
import {
  type AttemptOptions,
  type AttemptPorts,
  type AttemptResult,
  attempt,
  type Rejection,
} from './attempt.ts';
import { bisect } from './bisect.ts';
import { createBatchAttempts, MAX_UNPROVEN } from './evidence.ts';
import { createJudge } from './judge.ts';
import type { KeptEvents } from './kept-events.ts';
import { merge } from './merge.ts';
import type { SlotStats } from './post-request.ts';
import type { PendingOperation, QueuedEvent } from './queued-event.ts';
import { type Reaction, reactions } from './reactions.ts';
import { requestPath, selectSeparable } from './request.ts';
import type { Settlement } from './settlement.ts';

/** How long an alias call that Salesmachine does not know is not tried again. */
const ALIAS_UNSUPPORTED_MS = 3_600_000;

/** Others pass if one has been accepted since then. */
const PASSED_LATELY_MS = 60_000;

/** So often an event may leave a search to go with another batch. */
const MAX_DISMISSALS = 3;

type Settings = { mapping: MappingSettings; maxEventAgeMs: number };
type Verdict = Reaction['verdict'];
type Ports = AttemptPorts & { kept: KeptEvents };

export type Batch = {
  queuedEvents: readonly QueuedEvent[];
  settlement: Settlement;
  deadline: number;
  slotStats: SlotStats;
  /** Is called when a request has failed, so that the batch will take longer. */
  onFailure: () => void;
  /** Takes back events that may go with another batch. */
  takeBack: (queuedEvents: readonly QueuedEvent[]) => void;
};

/**
 * Delivers the events of one request, for which the caller has a slot: when it resolves, each is settled or has failed.
 * Made once a lane, for it remembers whether Salesmachine knows aliases.
 */
export function createBatchSender(settings: Settings, ports: Ports) {
  const { clock, gate, evidence, kept } = ports;
  const judge = createJudge(settings, ports);
  let aliasUnsupported: { rejection: Rejection; until: number } | undefined;

  return async function sendBatch({
    queuedEvents,
    settlement,
    deadline,
    slotStats,
    onFailure,
    takeBack,
  }: Batch): Promise<void> {
    const path = requestPath(queuedEvents, settings.mapping.alias === 'single');
    const operations = queuedEvents.flatMap((queuedEvent) => queuedEvent.operations);
    const isFresh = queuedEvents.every(({ lot }) => lot === 'fresh');
    const batch = createBatchAttempts();
    const rejections = new Map<PendingOperation, Rejection>();
    const dismissed = new Set<QueuedEvent>();
    let firstRefusedAt = Number.POSITIVE_INFINITY;

    async function send(
      subset: readonly PendingOperation[],
      options: Pick<AttemptOptions, 'scope' | 'isUrgent' | 'slotStats'>,
    ): Promise<AttemptResult> {
      const sendable = subset.filter(({ queuedEvent }) => !settlement.isGroupFailed(queuedEvent.message));
      if (sendable.length === 0) return { kind: 'delivered' };
      const result = await attempt(
        { path, operations: merge(sendable) },
        { deadline, batch, onFailure, ...options },
        ports,
      );
      if (result.kind === 'rejected') noteRejection(result.rejection);
      if (result.kind === 'delivered') settlement.markDelivered(sendable);
      return result;
    }

    function noteRejection({ outcome, at }: Rejection): void {
      if (reactions[outcome].verdict === 'refused') firstRefusedAt = Math.min(firstRefusedAt, at);
    }

    /** By arrival, so that no later event of a user gets ahead; merged operations come apart by themselves. */
    async function isolateRejected(firstRejection: Rejection): Promise<void> {
      batch.isExplained = true;
      let hasFound = false;
      const isComplete = await bisect(operations, firstRejection, {
        send(subset) {
          if (!isFresh) kept.charge(clock.now(), gate.period());
          return send(subset, { scope: 'part', isUrgent: isFresh });
        },
        dismiss,
        async reject(operation, rejection) {
          rejections.set(operation, rejection);
          // It will be tried again: nothing of its group may overtake it.
          if (reactions[rejection.outcome].verdict === 'failed') failGroup(operation);
          else if (isFollowed(operation)) await judgeRejections('refused');
          hasFound = true;
          return !isEverythingRefused();
        },
      });
      evidence.recordSearch(batch, hasFound);
      if (isComplete && !hasFound && firstRejection.outcome === 'ambiguous')
        evidence.recordCredential(clock.now(), false);
    }

    /**
     * Events behind a bad part are probably good: they go with the next batch, unless they share a key with one that
     * stays. Where many are bad they would leave again and again, and a search is shorter.
     */
    function dismiss(behind: readonly PendingOperation[]): readonly PendingOperation[] {
      const isBehind = (operation: PendingOperation) => behind.includes(operation);
      const mayLeave = (each: QueuedEvent) =>
        each.dismissals < MAX_DISMISSALS && each.operations.every(isBehind);
      const leaving = selectSeparable(
        queuedEvents.filter((each) => !isSettled(each)),
        mayLeave,
      );
      for (const each of leaving) {
        each.dismissals += 1;
        dismissed.add(each);
      }
      takeBack(leaving);
      return behind.filter(({ queuedEvent }) => !dismissed.has(queuedEvent));
    }

    const isSettled = (each: QueuedEvent) => each.pendingOperations === 0 || dismissed.has(each);

    const failGroup = ({ queuedEvent }: PendingOperation) => settlement.failGroup(queuedEvent.message);

    /** Whether more of its group stands behind it, which goes on only when it is decided what becomes of it. */
    function isFollowed(operation: PendingOperation): boolean {
      const { groupId } = operation.queuedEvent.message;
      const behind = operations.slice(operations.indexOf(operation) + 1);
      return behind.some(({ queuedEvent }) => queuedEvent.message.groupId === groupId);
    }

    /**
     * Had the credential gone bad during the search, everything would look refused. A ping tells, where nothing has told
     * since.
     */
    async function isCredentialStillGood(): Promise<boolean> {
      const ambiguous = [...rejections.values()].filter(({ outcome }) => outcome === 'ambiguous');
      if (ambiguous.length === 0) return true;
      const known = evidence.isCredentialGood(Math.max(...ambiguous.map(({ at }) => at)));
      return known ?? (await gate.ping(deadline)) === 'delivered';
    }

    /** Decides what becomes of the operations that were rejected alone, with one of these verdicts. */
    async function judgeRejections(...verdicts: Verdict[]): Promise<void> {
      const isCredentialGood = await isCredentialStillGood();
      for (const [operation, rejection] of rejections) {
        if (!verdicts.includes(reactions[rejection.outcome].verdict)) continue;
        rejections.delete(operation);
        if (isCredentialGood) judge(operation, rejection, { settlement, batch, firstRefusedAt });
        else failGroup(operation);
      }
    }

    /** Each of them is judged as if it had been sent alone. */
    function judgeLater(rejected: readonly PendingOperation[], rejection: Rejection): void {
      for (const operation of rejected) rejections.set(operation, rejection);
      batch.isExplained = true;
    }

    /** More is refused than may be given up without another operation that passes. */
    function isEverythingRefused(): boolean {
      if (gate.pause()?.isRefusal) return true;
      const refused = [...rejections.values()].filter(
        ({ outcome, at }) => reactions[outcome].verdict === 'refused' && at >= evidence.acceptedAt(),
      );
      return refused.length > MAX_UNPROVEN || (refused.length > 0 && !evidence.mayGiveUpUnproven());
    }

    async function sendAndSearch(): Promise<void> {
      const scope = isFresh ? 'batch' : 'suspect';
      const result = await send(operations, { scope, slotStats });
      if (result.kind !== 'rejected') return;
      onFailure();
      const { rejection } = result;
      if (rejection.outcome === 'alias_unsupported')
        aliasUnsupported = { rejection, until: clock.now() + ALIAS_UNSUPPORTED_MS };
      if (needsNoSearch(scope, rejection)) judgeLater(operations, rejection);
      // While everything is refused, a search would find nothing.
      else if (gate.pause()?.isRefusal !== true) await isolateRejected(rejection);
    }

    /**
     * The rejection is of one operation; or of suspects, and no others have passed lately, so that it may be the API.
     */
    const needsNoSearch = (scope: AttemptOptions['scope'], { outcome, at }: Rejection) =>
      operations.length === 1 ||
      (scope === 'suspect' &&
        reactions[outcome].verdict === 'failed' &&
        at - evidence.acceptedAt() > PASSED_LATELY_MS);

    if (path === '/v1/alias' && aliasUnsupported && clock.now() < aliasUnsupported.until) {
      for (const operation of operations) settlement.rejectOperation(operation, aliasUnsupported.rejection);
      return;
    }
    await sendAndSearch();
    await judgeRejections('refused', 'failed');
    for (const queuedEvent of queuedEvents) {
      if (!isSettled(queuedEvent)) settlement.failGroup(queuedEvent.message);
      else if (!dismissed.has(queuedEvent)) kept.forget(queuedEvent.message.sqsMessageId);
    }
  };
}
