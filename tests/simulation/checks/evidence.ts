import type { EventTracker } from './event-tracker.ts';

/** Refusals without a control that one lane may take at their word since it last delivered something. */
const UNCONTROLLED_MAX = 5;

/** Statuses that are about the data. Of any other, an event is bad only if it fails while others pass. */
const REFUSAL_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);

/** Reasons that rest on Salesmachine's answers. */
const REASONS: ReadonlySet<string> = new Set(['rejected', 'too_large', 'server_error']);

/** One process of the worker: what it has seen is gone with it. */
export type WorkerEvidence = { acceptedCount: number; uncontrolledCount: number };

export type Evidence = {
  connect(): WorkerEvidence;
  onAccepted(worker: WorkerEvidence, events: readonly number[]): void;
  /** `isMisleading`: whatever was sent, the answer would say that the data are bad, and a ping passes. */
  onFailed(worker: WorkerEvidence, events: readonly number[], isMisleading: boolean): void;
  /** A dead letter was written. */
  onGivenUp(event: number, reason: string, now: number): void;
  /**
   * Salesmachine takes the event, but refused everything when the event was given up: one of the few that this may
   * cost.
   */
  isTolerated(event: number): boolean;
  problems(): string[];
};

/** Where an event has failed; `firsts`: what each worker had delivered when the event first failed there. */
type Failure = {
  firsts: Map<WorkerEvidence, { acceptedBefore: number }>;
  last: WorkerEvidence;
  isMisleading: boolean;
};

const isControlled = ({ firsts }: Failure) =>
  [...firsts].some(([worker, { acceptedBefore }]) => worker.acceptedCount > acceptedBefore);

/**
 * Checks, from where the requests arrive, that nothing is given up before the evidence is in: that since the event
 * first failed with a worker, the same worker delivered something else, but for `UNCONTROLLED_MAX` refusals a worker,
 * and but for what is older than `maxEventAgeMs`.
 */
export function createEvidence(tracker: EventTracker, maxEventAgeMs: number): Evidence {
  const failures = new Map<number, Failure>();
  const givenUp = new Set<number>();
  const tolerated = new Set<number>();
  const problems = new Map<string, number[]>();

  const report = (what: string, event: number) => problems.set(what, [...(problems.get(what) ?? []), event]);

  function judge(event: number, reason: string, now: number): void {
    const failure = failures.get(event);
    const rejectedWith = tracker.events.rejectedWith[event] ?? 0;
    if (!failure) {
      report('given up, but never refused', event);
      return;
    }
    const isMistaken = rejectedWith === 0 && failure.isMisleading;
    if (isControlled(failure) && !isMistaken) return;
    const isRefusal = reason !== 'server_error';
    const ageMs = now - (tracker.events.firstSentAt[event] ?? now);
    if (ageMs >= maxEventAgeMs) return;
    failure.last.uncontrolledCount += 1;
    const problem = findProblem(failure, rejectedWith, isRefusal);
    if (problem !== undefined) report(problem, event);
    else if (rejectedWith === 0) tolerated.add(event);
  }

  return {
    connect: () => ({ acceptedCount: 0, uncontrolledCount: 0 }),
    onAccepted(worker, events) {
      worker.acceptedCount += 1;
      worker.uncontrolledCount = 0;
      // Of an event of several operations, one may have passed and another one not.
      for (const event of events) if (tracker.isDelivered(event)) failures.delete(event);
    },
    onFailed(worker, events, isMisleading) {
      for (const event of events) {
        const firsts = failures.get(event)?.firsts ?? new Map();
        if (!firsts.has(worker)) firsts.set(worker, { acceptedBefore: worker.acceptedCount });
        failures.set(event, { firsts, last: worker, isMisleading });
      }
    },
    onGivenUp(event, reason, now) {
      if (givenUp.has(event) || !REASONS.has(reason)) return;
      givenUp.add(event);
      judge(event, reason, now);
    },
    isTolerated: (event) => tolerated.has(event),
    problems: () =>
      [...problems].map(([what, events]) => `${what}: ${events.length} (${events.slice(0, 5).join(', ')})`),
  };
}

/** Why an event may not be given up without anything else having passed. */
function findProblem(
  { last, isMisleading }: Failure,
  rejectedWith: number,
  isRefusal: boolean,
): string | undefined {
  const isAboutData = REFUSAL_STATUSES.has(rejectedWith) || isMisleading;
  if (!isRefusal || !isAboutData) return 'given up, though nothing else has passed since';
  return last.uncontrolledCount > UNCONTROLLED_MAX
    ? `given up as one of over ${UNCONTROLLED_MAX}, though nothing else has passed since`
    : undefined;
}
