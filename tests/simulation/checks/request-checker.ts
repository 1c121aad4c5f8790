import type { ApiResult, SalesmachinePath } from '../../../lib/salesmachine/client.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';
import { parseEventNumbers } from './applied-operations.ts';
import { createBisectCosts } from './bisect-cost.ts';

type Request = { path: SalesmachinePath; operations: readonly Operation[]; bytes: number };

export type LaneChecker = {
  /** Returns the request's number. */
  onStart(request: Request, now: number): InFlightRequest;
  onEnd(request: InFlightRequest, answer: ApiResult, now: number): void;
};

type InFlightRequest = { keys: readonly string[]; number: number; operations: readonly Operation[] };

export type RequestChecker = ReturnType<typeof createRequestChecker>;

const MAX_OPERATIONS = 100;
const MAX_BYTES = 500_000;
const MAX_THROTTLE_MS = 300_000;
const HOUR_MS = 3_600_000;

/** Everything that Salesmachine was asked, counted; and what should not have been asked. */
export function createRequestChecker(start: number, isRejected: (event: number) => boolean) {
  const totals = { requests: 0, batches: 0, batchOperations: 0, throttled: 0, pings: 0, aliases: 0 };
  const byStatus = new Map<string, number>();
  const perHour: number[] = [];
  const hoursWithDelivery = new Set<number>();
  const violations = new Map<string, number>();
  const bisectCosts = createBisectCosts();
  let places = 0;
  let trace = 0;

  const violation = (what: string) => violations.set(what, (violations.get(what) ?? 0) + 1);

  /** A running hash of all that happened, to tell whether two runs were the same. */
  const note = (...values: number[]) => {
    for (const value of values) trace = Math.imul(trace ^ (value | 0), 0x01000193) + 0x9e3779b9;
  };

  const connect = (): LaneChecker => {
    let throttledUntil = 0;
    const inFlight = new Map<string, number>();

    return {
      onStart: ({ path, operations, bytes }, now) => {
        totals.requests += 1;
        if (path === '/v1/batch') {
          totals.batches += 1;
          totals.batchOperations += operations.length;
          if (bisectCosts.hasAny()) bisectCosts.onBatch(operations.flatMap(parseEventNumbers));
        }
        if (path === '/v1/ping') {
          totals.pings += 1;
          bisectCosts.onPing();
        }
        if (path === '/v1/alias') totals.aliases += 1;
        const hour = Math.floor((now - start) / HOUR_MS);
        perHour[hour] = (perHour[hour] ?? 0) + 1;
        note(now - start, operations.length, bytes);
        if (now < throttledUntil) violation('a request while the gate was closed');
        if (operations.length > MAX_OPERATIONS) violation('a request of over 100 operations');
        if (bytes > MAX_BYTES) violation('a request of over 500 KB');
        const keys = [...new Set(operations.flatMap(entityKeys))];
        if (keys.some((key) => inFlight.has(key))) {
          violation('two requests with operations of one contact or account in flight in one lane');
        }
        for (const key of keys) inFlight.set(key, (inFlight.get(key) ?? 0) + 1);
        return { keys, number: totals.requests, operations };
      },
      onEnd: ({ keys, number, operations }, answer, now) => {
        for (const key of keys) {
          const left = (inFlight.get(key) ?? 1) - 1;
          if (left === 0) inFlight.delete(key);
          else inFlight.set(key, left);
        }
        const name = answer.kind === 'response' ? String(answer.status) : answer.code;
        byStatus.set(name, (byStatus.get(name) ?? 0) + 1);
        note(number, now - start, name.length);
        if (answer.kind !== 'response') return;
        if (answer.status === 201 && operations.length > 0)
          hoursWithDelivery.add(Math.floor((now - start) / HOUR_MS));
        if (answer.status === 429) {
          totals.throttled += 1;
          throttledUntil = Math.max(throttledUntil, parseThrottledUntil(answer.headers, now));
        } else if (answer.status >= 400) {
          const events = operations.flatMap(parseEventNumbers);
          bisectCosts.onRejected(events, events.filter(isRejected).length);
        }
      },
    };
  };

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

/** Until when a 429 forbids further requests; not at all if its headers make no sense. */
function parseThrottledUntil(headers: Record<string, string | undefined>, now: number): number {
  const reset = Number(headers['x-ratelimit-reset'] || Number.NaN) * 1_000;
  const retry = now + Number(headers['retry-after'] || Number.NaN) * 1_000;
  const at = Number.isNaN(retry) ? reset : retry;
  return at > now && at <= now + MAX_THROTTLE_MS ? at : 0;
}

function entityKeys(operation: Operation): string[] {
  if (operation.method === 'account') return [`account ${operation.account_uid}`];
  if (operation.method !== 'alias') return [`contact ${operation.contact_uid}`];
  return [`contact ${operation.contact_uid}`, `contact ${operation.previous_contact_uid}`];
}
