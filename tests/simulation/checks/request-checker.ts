import type { ApiResult, SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { parseEventNumbers } from './applied-operations.ts';
import { createBisectCosts } from './bisect-cost.ts';
import type { Evidence, WorkerEvidence } from './evidence.ts';
import { createKeptCounter } from './kept-counter.ts';
import { createSplitCounter } from './split-counter.ts';

type Request = { path: SalesmachinePath; operations: readonly Operation[]; bytes: number };

export type LaneChecker = {
  /** Returns the request's number. */
  onStart(request: Request, now: number): InFlightRequest;
  onEnd(request: InFlightRequest, ending: Ending, now: number): void;
};

/** `waitUntil`: before this moment a 429 forbids further requests. `isMisleading`: see `Evidence`. */
type Ending = { answer: ApiResult; waitUntil: number; isMisleading: boolean };

type InFlightRequest = { keys: readonly string[]; number: number; events: readonly number[] };

export type RequestChecker = ReturnType<typeof createRequestChecker>;

const MAX_OPERATIONS = 100;
const MAX_BYTES = 500_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Everything that Salesmachine was asked, counted; and what should not have been asked. */
export function createRequestChecker(
  start: number,
  isRejected: (event: number) => boolean,
  evidence: Evidence,
) {
  const totals = { requests: 0, batches: 0, batchOperations: 0, throttled: 0, pings: 0, aliases: 0 };
  const byStatus = new Map<string, number>();
  const perHour: number[] = [];
  const perMinute: number[] = [];
  const hoursWithDelivery = new Set<number>();
  const violations = new Map<string, number>();
  const bisectCosts = createBisectCosts();
  const splits = createSplitCounter();
  const kept = createKeptCounter(start, isRejected);
  let places = 0;
  let trace = 0;

  const violation = (what: string) => violations.set(what, (violations.get(what) ?? 0) + 1);
  const check = (isRight: boolean, what: string) => {
    if (!isRight) violation(what);
  };

  /** A running hash of all that happened, to tell whether two runs were the same. */
  const note = (...values: number[]) => {
    for (const value of values) trace = Math.imul(trace ^ (value | 0), 0x01000193) + 0x9e3779b9;
  };

  const connect = (): LaneChecker => {
    let throttledUntil = 0;
    const worker = evidence.connect();
    const inFlight = new Map<string, number>();
    const unlock = (key: string) => {
      const left = (inFlight.get(key) ?? 1) - 1;
      if (left === 0) inFlight.delete(key);
      else inFlight.set(key, left);
    };

    return {
      onStart: ({ path, operations, bytes }, now) => {
        const events = operations.flatMap(parseEventNumbers);
        countRequest(path, events, operations.length, now);
        note(now - start, operations.length, bytes);
        const keys = [...new Set(operations.flatMap(entityKeys))];
        check(now >= throttledUntil, 'a request while the gate was closed');
        check(operations.length <= MAX_OPERATIONS, 'a request of over 100 operations');
        check(bytes <= MAX_BYTES, 'a request of over 500 KB');
        check(
          !keys.some((key) => inFlight.has(key)),
          'two requests with operations of one contact or account in flight in one lane',
        );
        for (const key of keys) inFlight.set(key, (inFlight.get(key) ?? 0) + 1);
        return { keys, number: totals.requests, events };
      },
      onEnd: ({ keys, number, events }, { answer, waitUntil, isMisleading }, now) => {
        for (const key of keys) unlock(key);
        const name = answer.kind === 'response' ? String(answer.status) : answer.code;
        byStatus.set(name, (byStatus.get(name) ?? 0) + 1);
        note(number, now - start, name.length);
        if (answer.kind === 'response' && answer.status === 429) {
          totals.throttled += 1;
          throttledUntil = Math.max(throttledUntil, waitUntil);
        } else if (events.length > 0) {
          onDecided(worker, events, { answer, isMisleading }, now);
        }
      },
    };
  };

  function countRequest(path: SalesmachinePath, events: readonly number[], operations: number, now: number) {
    totals.requests += 1;
    const hour = Math.floor((now - start) / HOUR_MS);
    perHour[hour] = (perHour[hour] ?? 0) + 1;
    const minute = Math.floor((now - start) / MINUTE_MS);
    perMinute[minute] = (perMinute[minute] ?? 0) + 1;
    if (path === '/v1/batch') {
      totals.batches += 1;
      totals.batchOperations += operations;
      splits.onStart(events);
      kept.onStart(events, now);
      if (bisectCosts.hasAny()) bisectCosts.onBatch(events);
    } else if (path === '/v1/ping') {
      totals.pings += 1;
      bisectCosts.onPing();
    } else totals.aliases += 1;
  }

  function onDecided(
    worker: WorkerEvidence,
    events: readonly number[],
    { answer, isMisleading }: Pick<Ending, 'answer' | 'isMisleading'>,
    now: number,
  ): void {
    if (isAcceptance(answer)) {
      hoursWithDelivery.add(Math.floor((now - start) / HOUR_MS));
      splits.onAccepted(events);
      evidence.onAccepted(worker, events);
      return;
    }
    splits.onFailed(events);
    evidence.onFailed(worker, events, isMisleading);
    if (answer.kind === 'response') bisectCosts.onRejected(events, events.filter(isRejected).length);
  }

  return {
    connect,
    /** The place of a request in the order of application. */
    nextPlace: () => {
      places += 1;
      return places;
    },
    totals,
    byStatus,
    perHour,
    perMinute,
    /** Requests with a part of a batch that had failed. */
    splits: splits.count,
    /** The most requests in a window of the quota that went to what is kept. */
    keptPerWindow: kept.maxPerWindow,
    /** The most requests in an hour in which nothing was delivered. */
    idlePerHour: () =>
      perHour.reduce(
        (most, requests, hour) => (hoursWithDelivery.has(hour) ? most : Math.max(most, requests)),
        0,
      ),
    bisectCosts: bisectCosts.costs,
    violation,
    violations,
    trace: () => (trace >>> 0).toString(16).padStart(8, '0'),
  };
}

/** Any 2xx that is no page. */
export const isAcceptance = (answer: ApiResult): boolean =>
  answer.kind === 'response' &&
  answer.status >= 200 &&
  answer.status < 300 &&
  answer.headers['content-type'] !== 'text/html';

function entityKeys(operation: Operation): string[] {
  if (operation.method === 'account') return [`account ${operation.account_uid}`];
  if (operation.method !== 'alias') return [`contact ${operation.contact_uid}`];
  return [`contact ${operation.contact_uid}`, `contact ${operation.previous_contact_uid}`];
}
