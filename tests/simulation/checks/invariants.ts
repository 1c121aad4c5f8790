import { createHeap } from '../../support/heap.ts';
import type { AccountLinks } from './account-links.ts';
import type { EventTracker } from './event-tracker.ts';
import type { Evidence } from './evidence.ts';
import type { RequestChecker } from './request-checker.ts';

/** A dead letter, as it lies in the queue at the end. */
export type DeadLetterRecord = { number: number | undefined; reason: string };

/** Everything that is known when a run is over. */
export type RunState = {
  tracker: EventTracker;
  requests: RequestChecker;
  evidence: Evidence;
  links: AccountLinks;
  deadLetters: readonly DeadLetterRecord[];
  /** Numbers of the events that are still in the main queue. */
  queued: ReadonlySet<number>;
  /** Messages that grew too old in one of the queues. */
  expired: number;
  /** Invocations of the worker that did not end in time. */
  timeouts: number;
  /** Log lines that held what no log line may hold. */
  leaks: readonly string[];
};

type Check = (runState: RunState) => string[];

const NEVER = Number.POSITIVE_INFINITY;

function* acceptedNumbers({ tracker }: RunState): Generator<number> {
  for (let number = 0; number < tracker.size(); number += 1) if (tracker.isAccepted(number)) yield number;
}

const reasonsByNumber = ({ deadLetters }: RunState): Map<number, string> =>
  new Map(
    deadLetters.flatMap(({ number, reason }): [number, string][] =>
      number === undefined ? [] : [[number, reason]],
    ),
  );

/** A finding with a few of the numbers it is about. */
function formatFinding(what: string, numbers: readonly number[]): string[] {
  if (numbers.length === 0) return [];
  const shown = numbers.slice(0, 5).join(', ');
  return [`${what}: ${numbers.length} (${shown}${numbers.length > 5 ? ', …' : ''})`];
}

/** What must hold after every run, whatever went wrong in it. */
const invariants = {
  'nothing accepted is lost': (runState) => {
    const { tracker, queued, expired } = runState;
    const deadLetterReasons = reasonsByNumber(runState);
    const lost = [...acceptedNumbers(runState)].filter(
      (number) => !tracker.isDelivered(number) && !queued.has(number) && !deadLetterReasons.has(number),
    );
    return [
      ...formatFinding('accepted events that are nowhere', lost),
      ...(expired > 0 ? [`expired: ${expired}`] : []),
    ];
  },

  'a contact is linked to every account that an event named, and to no other': (runState) => {
    const { links, queued, tracker } = runState;
    const deadLetterReasons = reasonsByNumber(runState);
    const isOver = (number: number) =>
      tracker.isDelivered(number) && !queued.has(number) && !deadLetterReasons.has(number);
    const unexpected = links.unexpected();
    return [
      ...formatFinding(
        'events whose link is missing',
        links.missing([...acceptedNumbers(runState)].filter(isOver)),
      ),
      ...(unexpected.length > 0 ? [`links that no event made: ${unexpected.length}`] : []),
    ];
  },

  'each user is in order': (runState) =>
    formatFinding('events delivered before an earlier one of their user', findOvertaking(runState)),

  'only what Salesmachine refuses is given up, and for that reason': (runState) => {
    const { rejectedWith, isFatal } = runState.tracker.events;
    // It ended the worker each time; or the worker has seen how long it took to read.
    const fatalReasons = ['receive_limit', 'unmappable'];
    const isExpected = (number: number, reason: string) =>
      isFatal[number] === 1
        ? fatalReasons.includes(reason)
        : reason === expectedReason(rejectedWith[number] ?? 0);
    const wrong = [...reasonsByNumber(runState)].filter(
      ([number, reason]) => !isExpected(number, reason) && !runState.evidence.isTolerated(number),
    );
    const unknown = runState.deadLetters.filter(({ number }) => number === undefined).length;
    return [
      ...formatFinding(
        'events that should not be dead letters',
        wrong.map(([number]) => number),
      ),
      ...(unknown > 0 ? [`dead letters of unknown events: ${unknown}`] : []),
    ];
  },

  'nothing is given up before the evidence is in': ({ evidence }) => evidence.problems(),

  'all that Salesmachine refuses is given up': (runState) => {
    const deadLetterReasons = reasonsByNumber(runState);
    const { queued, tracker } = runState;
    const missing = [...acceptedNumbers(runState)].filter(
      (number) =>
        tracker.events.rejectedWith[number] !== 0 &&
        !tracker.isDelivered(number) &&
        !deadLetterReasons.has(number) &&
        !queued.has(number),
    );
    return formatFinding('refused events without a dead letter', missing);
  },

  'a duplicate has a cause': ({ tracker }) => {
    const { duplicates, causes } = tracker.events;
    const unexplained = [...duplicates.keys()].filter(
      (number) => duplicates[number] !== 0 && causes[number] === 0,
    );
    return formatFinding('events delivered twice without a cause', unexplained);
  },

  'no request breaks a rule': ({ requests }) =>
    [...requests.violations].map(([what, count]) => `${what}: ${count}`),

  'no invocation runs out of time': ({ timeouts }) => (timeouts > 0 ? [`killed: ${timeouts}`] : []),

  'no log line holds a secret or personal data': ({ leaks }) =>
    leaks.slice(0, 3).map((line) => `a log line with a secret: ${line}`),
} as const satisfies Record<string, Check>;

function expectedReason(status: number): string {
  if (status === 0) return 'none';
  if (status === 413) return 'too_large';
  return status >= 500 ? 'server_error' : 'rejected';
}

/** Every invariant that does not hold, and why. */
export const brokenInvariants = (runState: RunState): string[] =>
  Object.entries(invariants).flatMap(([name, check]) =>
    check(runState).map((problem) => `${name}: ${problem}`),
  );

/**
 * Events that were first delivered in an earlier request than one of their user's that came before them: one that had
 * been accepted when they were sent, or that stood before them in the same webhook. What was refused and replayed has
 * lost its place.
 */
function findOvertaking({ tracker }: RunState): number[] {
  const { user, rejectedWith, firstSentAt, acceptedAt, deliveredIn, deadAt, webhook } = tracker.events;
  const isExpected = (number: number) =>
    // One that was given up, and comes again, has lost its place.
    acceptedAt[number] !== NEVER && rejectedWith[number] === 0 && deadAt[number] === NEVER;
  const inOrder = createHeap<number>((a, b) => (acceptedAt[a] ?? 0) < (acceptedAt[b] ?? 0));
  const byUser = Map.groupBy(
    Array.from({ length: tracker.size() }, (_, number) => number).filter(
      (number) => isExpected(number) && deliveredIn[number] !== 0,
    ),
    (number) => user[number],
  );
  function* takeAcceptedBefore(moment: number): Generator<number> {
    for (let earlier = inOrder.peek(); earlier !== undefined; earlier = inOrder.peek()) {
      if ((acceptedAt[earlier] ?? NEVER) >= moment) return;
      inOrder.pop();
      yield earlier;
    }
  }

  return [...byUser.values()].flatMap((numbers) => {
    let latest = 0;
    let latestOfWebhook = { webhook: -1, place: 0 };
    const overtakers = numbers.filter((number) => {
      for (const earlier of takeAcceptedBefore(firstSentAt[number] ?? 0))
        latest = Math.max(latest, deliveredIn[earlier] ?? 0);
      inOrder.push(number);
      const place = deliveredIn[number] ?? 0;
      const isSameWebhook = latestOfWebhook.webhook === webhook[number];
      const before = Math.max(latest, isSameWebhook ? latestOfWebhook.place : 0);
      latestOfWebhook = {
        webhook: webhook[number] ?? -1,
        place: isSameWebhook ? Math.max(latestOfWebhook.place, place) : place,
      };
      return place < before;
    });
    while (inOrder.pop() !== undefined);
    return overtakers;
  });
}
