import type { Reason } from '../dead-letters/reasons.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Salesmachine } from '../salesmachine/client.ts';
import { describeResult } from '../salesmachine/error-detail.ts';
import { type Outcome, toOutcome } from '../salesmachine/outcome.ts';
import type { Log } from '../telemetry/log.ts';
import { retryWaitMs } from './backoff.ts';
import { type BatchAttempts, type Evidence, MIN_FAILURES_TO_TRIP } from './evidence.ts';
import type { Gate } from './gate.ts';
import { createInterpreter } from './interpret.ts';
import { postRequest, type SlotStats } from './post-request.ts';
import { reactions } from './reactions.ts';
import type { SalesmachineRequest } from './request.ts';
import { queuedEventsIn } from './request-operation.ts';
import type { Turn } from './slot-line.ts';

/** A batch that is the only one to fail is sent again so often without waiting for a slot. */
const MAX_QUICK_RETRIES = 2;

/** Why operations did not pass. */
export type Rejection = {
  outcome: Outcome;
  reason: Reason;
  status?: number | undefined;
  /** Salesmachine's words, without any value of the operations. */
  detail: string;
  /** When the answer came, in milliseconds since the epoch. */
  at: number;
  /** When a request of the lane was last accepted before this one was sent. */
  acceptedBefore: number;
  /** When it came, whether an operation might still be given up though nothing had passed. */
  mayGoUnproven: boolean;
};

export type AttemptResult =
  | { kind: 'delivered' }
  /** It is the operations' fault, as far as the evidence goes. */
  | { kind: 'rejected'; rejection: Rejection }
  /** Time ran out before that was decided. */
  | { kind: 'undecided' };

export type AttemptPorts = {
  gate: Gate;
  evidence: Evidence;
  salesmachine: Salesmachine;
  clock: Clock;
  random: Random;
  log: Log;
};

export type AttemptOptions = {
  /** The last moment to send at. */
  deadline: number;
  /** The caller has a slot already, and how it came to it. */
  slotStats?: SlotStats | undefined;
  /** The batch that the request is, or is a part of. */
  batch: BatchAttempts;
  /**
   * A whole `batch`; a `part` of one that was rejected; or a batch that is `suspect` already. Of the last two, fewer
   * failures decide.
   */
  scope: 'batch' | 'part' | 'suspect';
  /** Events that have not failed before wait for it: it may borrow slots, and goes before younger events. */
  isUrgent?: boolean;
  /** Is called when the request has to be sent again. */
  onFailure?: (() => void) | undefined;
};

/**
 * Sends one request, the same again and again at later slots, until it is accepted or the evidence says that it is the
 * operations' fault. A 429 and an open breaker only make it wait.
 */
export async function attempt(
  request: SalesmachineRequest,
  options: AttemptOptions,
  ports: AttemptPorts,
): Promise<AttemptResult> {
  const { gate, evidence, clock, random } = ports;
  const { batch, scope, isUrgent = false, deadline } = options;
  const interpret = createInterpreter(deadline, ports);
  const operations = request.operations.map(({ operation }) => operation);
  let { slotStats } = options;
  let failures = 0;
  let isQuick = false;
  let lastRejection: Rejection | undefined;

  /**
   * The events of a search are the oldest, so it goes before others. A batch that would be searched if only another one
   * passed lets the others go.
   */
  function turn(): Turn {
    if (isUrgent) return 'first';
    if (scope !== 'batch' || lastRejection === undefined) return 'usual';
    if (isProven(lastRejection.outcome)) return 'first';
    return evidence.lacksAcceptance(batch) ? 'last' : 'usual';
  }

  /** Waits for a slot, unless the caller had one. */
  async function acquireSlot(): Promise<SlotStats | undefined> {
    if (slotStats !== undefined) return slotStats;
    const waitStartedAt = clock.now();
    const mayBorrow = isQuick || isUrgent;
    const hasSlot = await gate.acquireSlot(deadline, { mayBorrow, isRetry: true, turn });
    return hasSlot ? { waitMs: clock.now() - waitStartedAt } : undefined;
  }

  /** Whether so many failures are the operations' fault. */
  function isProven(outcome: Outcome): boolean {
    if (outcome === 'ambiguous') return evidence.isSearchResult(batch, failures);
    if (reactions[outcome].verdict === 'refused') return true;
    if (scope === 'batch') return evidence.isSuspect(batch) || isOnlyWitness();
    // A suspect is only kept for a while, for which one failure is enough.
    return scope === 'suspect' || evidence.isSearchResult(batch, failures);
  }

  /**
   * Nothing passes, and it fails again and again: one bad operation may be all that is wrong, so parts of it are tried
   * from now on, as the breaker's probes.
   */
  const isOnlyWitness = () =>
    operations.length > 1 && failures >= MIN_FAILURES_TO_TRIP && gate.pause() !== undefined;

  async function waitBeforeRetry(): Promise<void> {
    const isBrownout = evidence.isBrownout(batch);
    isQuick = !isBrownout && failures <= MAX_QUICK_RETRIES;
    const waitMs = retryWaitMs({ failures, isQuick, isBrownout }, gate.period(), random);
    await clock.sleep(Math.min(waitMs, Math.max(0, deadline - clock.now())));
  }

  /** Sends the request once. `unknown`: it was throttled, or only the same request again will tell. */
  async function sendOnce(slotStats: SlotStats): Promise<'accepted' | 'unknown' | Rejection> {
    const acceptedBefore = evidence.acceptedAt();
    const result = await postRequest(request, slotStats, ports);
    const mayGoUnproven = evidence.mayGiveUpUnproven();
    const outcome = await interpret(toOutcome(request.path, result));
    if (outcome === undefined) return 'unknown';
    const { verdict, reason } = reactions[outcome];
    const detail = verdict === 'accepted' ? '' : describeResult(result, operations);
    const isAlias = request.path === '/v1/alias';
    gate.recordOutcome({ outcome, result, detail, isAlias, batch: scope === 'batch' ? batch : undefined });
    if (verdict === 'accepted') return 'accepted';
    if (verdict === 'throttled') return 'unknown';
    const status = result.kind === 'response' ? result.status : undefined;
    return { outcome, reason, status, detail, at: clock.now(), acceptedBefore, mayGoUnproven };
  }

  /** What is accepted now was refused before, so a 400 was about none of it. */
  function noteDelivered(): AttemptResult {
    if (lastRejection?.status === 400) evidence.recordCredential(clock.now(), false);
    return { kind: 'delivered' };
  }

  function countFailure(): void {
    failures += 1;
    for (const queuedEvent of queuedEventsIn(request.operations)) queuedEvent.failures += 1;
  }

  for (;;) {
    const slot = await acquireSlot();
    if (slot === undefined) return { kind: 'undecided' };
    if (lastRejection !== undefined && isProven(lastRejection.outcome)) {
      // Others have passed meanwhile: the slot is better used for a part of it.
      gate.releaseSlot();
      return { kind: 'rejected', rejection: lastRejection };
    }
    slotStats = undefined;
    const sentAt = clock.now();
    const answer = await sendOnce(slot);
    if (answer === 'accepted') return noteDelivered();
    if (answer === 'unknown') continue;
    countFailure();
    lastRejection = answer;
    if (isProven(answer.outcome)) return { kind: 'rejected', rejection: answer };
    if (answer.outcome === 'credential') await ports.salesmachine.refreshCredentialIfOlderThan(sentAt);
    options.onFailure?.();
    await waitBeforeRetry();
  }
}
