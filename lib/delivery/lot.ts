import type { Clock } from '../runtime/clock.ts';
import type { ReceivedMessage } from '../sqs/received-message.ts';
import type { Evidence } from './evidence.ts';
import type { Gate } from './gate.ts';
import type { KeptEvents } from './kept-events.ts';
import type { Pacer } from './pacer.ts';
import type { Lot } from './queued-event.ts';

type Parts = { gate: Gate; pacer: Pacer; evidence: Evidence; kept: KeptEvents; clock: Clock };

/** An invocation holds its messages so long at least: in a shorter outage, none comes back because of it. */
const HOLD_MS = 40_000;

/** Messages that come back within so short a time share a request. */
const TOGETHER_MS = 500;

/** So many of them at most: where several are bad, a search takes long. */
const MAX_TOGETHER = 12;

/**
 * Decides which messages a message shares a request with, or for how many milliseconds it stays away. One that failed
 * alone goes alone, when it is due and a slot for kept events is free. One that came back although delivery has been
 * well ever since it was queued may be bad, and kept by another lane: it does not go with fresh ones, and takes a slot
 * for kept events.
 */
export function createLotChooser({ gate, pacer, evidence, kept, clock }: Parts) {
  let wellSince = clock.now();
  let returnedAt = Number.NEGATIVE_INFINITY;
  let together = 0;

  /** While nothing passes, messages come back through no fault of their own. */
  function updateWellSince(now: number): void {
    const illSince = Math.min(gate.pause()?.since ?? now, evidence.failingSince() ?? now);
    wellSince = now - illSince > HOLD_MS ? now : Math.max(wellSince, gate.throttle().until);
  }

  const reserveSlot = (now: number) => kept.reserve(now, pacer.period(now));

  function chooseForKept(dueAt: number, now: number): Lot | number {
    if (dueAt > now) return dueAt - now;
    return reserveSlot(now) || 'alone';
  }

  /** Those that came back together share one slot for kept events. */
  function chooseForReturned(now: number): Lot | number {
    const isTogether = now - returnedAt < TOGETHER_MS && together < MAX_TOGETHER;
    const waitMs = isTogether ? 0 : reserveSlot(now);
    if (waitMs > 0) return waitMs;
    together = isTogether ? together + 1 : 1;
    if (!isTogether) returnedAt = now;
    return 'returned';
  }

  return function chooseLot({ sqsMessageId, sentAt, receiveCount }: ReceivedMessage): Lot | number {
    const now = clock.now();
    updateWellSince(now);
    const event = kept.get(sqsMessageId);
    if (event?.dueAt !== undefined) return chooseForKept(event.dueAt, now);
    if (event !== undefined) return 'returned';
    const mayHaveFailed = receiveCount > 1 && sentAt > wellSince;
    return mayHaveFailed ? chooseForReturned(now) : 'fresh';
  };
}
