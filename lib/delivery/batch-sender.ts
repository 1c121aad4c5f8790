import { attempt, type Blame, type Slot, type Verdict } from './attempt.ts';
import { bisect } from './bisect.ts';
import type { Gate } from './gate.ts';
import { merge } from './merge.ts';
import type { DeliveryPorts, DeliverySettings } from './ports.ts';
import type { Work } from './queued-event.ts';
import { pathOf } from './request.ts';
import type { Part } from './request-operation.ts';
import type { Ledger } from './settlement.ts';

/** Failures of a request, for a passing reason, before its operations come under suspicion. */
const PATIENCE = 3;

/** So many operations refused in one batch, more than are accepted, for causes not seen before: not the data's fault. */
const STORM = 15;

/** How long an alias call that Salesmachine does not know is not tried again. */
const ALIAS_UNSUPPORTED_MS = 3_600_000;

type Batch = { works: readonly Work[]; ledger: Ledger; until: number; slot?: Slot };

/**
 * Delivers the works of one request, for which the caller has a slot: when it resolves, each is settled or has failed.
 * Made once a lane, for it remembers which refusals are known.
 */
export function createBatchDelivery(settings: DeliverySettings, gate: Gate, ports: DeliveryPorts) {
  const { clock, log } = ports;
  const knownCauses = new Set<string>();
  let aliasUnsupported: { blame: Blame; until: number } | undefined;

  return async function deliverBatch({ works, ledger, until, slot }: Batch): Promise<void> {
    const path = pathOf(works, settings.mapping.alias === 'single');
    const parts = works.flatMap((work) => work.parts);
    const blamed = new Map<Part, Blame>();
    let accepted = 0;
    let trusted = false;

    async function send(
      some: readonly Part[],
      terms: { admitted: boolean; patience: number; slot?: Slot | undefined },
    ): Promise<Verdict> {
      const sendable = some.filter((part) => !ledger.hasFailed(part.work));
      if (sendable.length === 0) return { kind: 'delivered' };
      const verdict = await attempt(
        { path, items: merge(sendable) },
        { until, trusted, ...terms },
        { ...ports, gate },
      );
      trusted ||= isAmbiguous(verdict);
      if (verdict.kind === 'delivered') {
        accepted += sendable.length;
        ledger.delivered(sendable);
      }
      return verdict;
    }

    /** By arrival, so that nobody's later event gets ahead; what was merged comes apart by itself. */
    async function findBad(refusal: Blame): Promise<void> {
      await bisect(parts, refusal, {
        send: (some, alone) => send(some, { admitted: false, patience: alone ? PATIENCE : 1 }),
        blame(part, blame) {
          blamed.set(part, blame);
          // It will be tried again, unless it is too old: nothing of its group may overtake it.
          if (blame.reason === 'server_error') ledger.fail(part.work);
        },
      });
    }

    function isStorm(): boolean {
      const fresh = [...blamed.values()].filter(({ detail }) => !knownCauses.has(detail)).length;
      return fresh >= STORM && fresh > accepted;
    }

    function isFinal(part: Part, blame: Blame): boolean {
      const age = clock.now() - part.work.message.sentAt;
      return blame.reason !== 'server_error' || age >= settings.maxEventAgeMs;
    }

    if (path === '/v1/alias' && aliasUnsupported && clock.now() < aliasUnsupported.until) {
      for (const part of parts) blamed.set(part, aliasUnsupported.blame);
    } else {
      const verdict = await send(parts, { admitted: true, patience: PATIENCE, slot });
      if (verdict.kind === 'bad') {
        const { blame } = verdict;
        if (blame.reason === 'alias_unsupported')
          aliasUnsupported = { blame, until: clock.now() + ALIAS_UNSUPPORTED_MS };
        await findBad(blame);
      }
    }

    // The one ping was before the search: a credential that went bad since would blame whatever was sent.
    const isSure = !trusted || (await gate.ping(until)) === 'delivered';
    if (isStorm()) {
      log.error('most of a batch was refused for a new cause, so nothing of it is given up', {
        refused: blamed.size,
        accepted,
      });
      gate.close('configuration');
    } else if (isSure) {
      for (const [part, blame] of blamed) {
        if (!isFinal(part, blame)) continue;
        knownCauses.add(blame.detail);
        ledger.blame(part, blame);
      }
    }
    for (const work of works) if (work.open > 0) ledger.fail(work);
  };
}

/** A refusal that a ping has shown to be about the data. */
const isAmbiguous = (verdict: Verdict) => verdict.kind === 'bad' && verdict.blame.status === 400;
