import type { EventTracker } from '../checks/event-tracker.ts';
import type { RequestChecker } from '../checks/request-checker.ts';

/** When something is wrong, in milliseconds after the start of the run: whole minutes. */
export type Outage = { from: number; until: number };

/** What the relay does during an outage and after it; milliseconds. */
export type OutageMetrics = {
  requestsInFirstMinute: number;
  /** The most requests in an hour after the first minute; in all of the rest, if that is shorter. */
  requestsPerHour: number;
  deliveredPerSecond: number;
  /** From the end to the first delivery. */
  resumedMs: number;
  /** From the end to the last delivery of what was sent before it. */
  recoveredMs: number;
};

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;

export function measureOutage(
  { from, until }: Outage,
  start: number,
  { tracker, requests }: { tracker: EventTracker; requests: RequestChecker },
): OutageMetrics {
  const { firstSentAt, deliveredAt } = tracker.events;
  const [begin, end] = [start + from, start + until];
  const delivered = Array.from({ length: tracker.size() }, (_, number) => number).filter((number) =>
    Number.isFinite(deliveredAt[number]),
  );
  const timeOf = (number: number) => deliveredAt[number] ?? 0;
  const affected = delivered.filter((number) => (firstSentAt[number] ?? 0) < end);
  const during = delivered.filter((number) => timeOf(number) >= begin && timeOf(number) < end);
  const firstAfter = delivered
    .map(timeOf)
    .reduce((first, time) => (time >= end ? Math.min(first, time) : first), Number.POSITIVE_INFINITY);
  const [first = 0, ...rest] = Array.from(requests.perMinute, (count = 0) => count).slice(
    Math.floor(from / MINUTE_MS),
    Math.ceil(until / MINUTE_MS),
  );
  return {
    requestsInFirstMinute: first,
    requestsPerHour: Math.max(0, ...rest.map((_, minute) => sum(rest.slice(minute, minute + HOUR_MINUTES)))),
    deliveredPerSecond: during.length / ((until - from) / 1_000),
    resumedMs: firstAfter - end,
    recoveredMs: affected.map(timeOf).reduce((latest, time) => Math.max(latest, time), end) - end,
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
