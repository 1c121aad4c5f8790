import { createHeap } from '../heap.ts';
import type { Ledger } from './event-tracker.ts';
import type { RequestLog } from './request-checker.ts';

/** A dead letter, as it lies in the queue at the end. */
export type Letter = { number: number | undefined; reason: string };

/** Everything that is known when a run is over. */
export type Evidence = {
  ledger: Ledger;
  requests: RequestLog;
  letters: readonly Letter[];
  /** Numbers of the events that are still in the main queue. */
  queued: ReadonlySet<number>;
  /** Messages that grew too old in one of the queues. */
  expired: number;
  /** Invocations of the worker that did not end in time. */
  timeouts: number;
  /** Log lines that held what no log line may hold. */
  leaks: readonly string[];
};

type Check = (evidence: Evidence) => string[];

const NEVER = Number.POSITIVE_INFINITY;

function* acceptedIn({ ledger }: Evidence): Generator<number> {
  for (let number = 0; number < ledger.size(); number += 1) if (ledger.isAccepted(number)) yield number;
}

const lettersByNumber = ({ letters }: Evidence): Map<number, string> =>
  new Map(
    letters.flatMap(({ number, reason }): [number, string][] =>
      number === undefined ? [] : [[number, reason]],
    ),
  );

/** A finding with a few of the numbers it is about. */
function finding(what: string, numbers: readonly number[]): string[] {
  if (numbers.length === 0) return [];
  const shown = numbers.slice(0, 5).join(', ');
  return [`${what}: ${numbers.length} (${shown}${numbers.length > 5 ? ', …' : ''})`];
}

/** What must hold after every run, whatever went wrong in it. */
export const invariants = {
  'nothing accepted is lost': (evidence) => {
    const { ledger, queued, expired } = evidence;
    const dead = lettersByNumber(evidence);
    const lost = [...acceptedIn(evidence)].filter(
      (number) => !ledger.isDelivered(number) && !queued.has(number) && !dead.has(number),
    );
    return [
      ...finding('accepted events that are nowhere', lost),
      ...(expired > 0 ? [`expired: ${expired}`] : []),
    ];
  },

  'each user is in order': (evidence) =>
    finding('events delivered before an earlier one of their user', overtaking(evidence)),

  'only what Salesmachine refuses is given up, and for that reason': (evidence) => {
    const { poison } = evidence.ledger.events;
    const wrong = [...lettersByNumber(evidence)].filter(
      ([number, reason]) => reason !== (REASON_OF_POISON[poison[number] ?? 0] ?? 'none'),
    );
    const unknown = evidence.letters.filter(({ number }) => number === undefined).length;
    return [
      ...finding(
        'dead letters without a right',
        wrong.map(([number]) => number),
      ),
      ...(unknown > 0 ? [`dead letters of unknown events: ${unknown}`] : []),
    ];
  },

  'all that Salesmachine refuses is given up': (evidence) => {
    const dead = lettersByNumber(evidence);
    const { queued, ledger } = evidence;
    const missing = [...acceptedIn(evidence)].filter(
      (number) =>
        ledger.events.poison[number] !== 0 &&
        !ledger.isDelivered(number) &&
        !dead.has(number) &&
        !queued.has(number),
    );
    return finding('poison without a dead letter', missing);
  },

  'a duplicate has a cause': ({ ledger }) => {
    const { duplicates, causes } = ledger.events;
    const unexplained = [...duplicates.keys()].filter(
      (number) => duplicates[number] !== 0 && causes[number] === 0,
    );
    return finding('events delivered twice without a cause', unexplained);
  },

  'no request breaks a rule': ({ requests }) =>
    [...requests.violations].map(([what, count]) => `${what}: ${count}`),

  'no invocation runs out of time': ({ timeouts }) => (timeouts > 0 ? [`killed: ${timeouts}`] : []),

  'no log line tells on anybody': ({ leaks }) =>
    leaks.slice(0, 3).map((line) => `a log line with a secret: ${line}`),
} as const satisfies Record<string, Check>;

const REASON_OF_POISON: Readonly<Record<number, string>> = {
  400: 'rejected',
  422: 'rejected',
  500: 'server_error',
};

/** Every invariant that does not hold, and why. */
export const brokenInvariants = (evidence: Evidence): string[] =>
  Object.entries(invariants).flatMap(([name, check]) =>
    check(evidence).map((problem) => `${name}: ${problem}`),
  );

/**
 * Events that were first delivered in an earlier request than one of their user's that came before them: one that had
 * been accepted when they were sent, or that stood before them in the same webhook. What was refused and replayed has
 * lost its place.
 */
function overtaking({ ledger }: Evidence): number[] {
  const { user, poison, firstSentAt, acceptedAt, deliveredIn, webhook } = ledger.events;
  const inOrder = createHeap<number>((a, b) => (acceptedAt[a] ?? 0) < (acceptedAt[b] ?? 0));
  const byUser = Map.groupBy(
    Array.from({ length: ledger.size() }, (_, number) => number).filter(
      (number) => acceptedAt[number] !== NEVER && deliveredIn[number] !== 0 && poison[number] === 0,
    ),
    (number) => user[number],
  );
  return [...byUser.values()].flatMap((numbers) => {
    let latest = 0;
    let latestOfWebhook = { webhook: -1, place: 0 };
    const overtakers = numbers.filter((number) => {
      const sent = firstSentAt[number] ?? 0;
      for (let earlier = inOrder.peek(); earlier !== undefined; earlier = inOrder.peek()) {
        if ((acceptedAt[earlier] ?? NEVER) >= sent) break;
        inOrder.pop();
        latest = Math.max(latest, deliveredIn[earlier] ?? 0);
      }
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
