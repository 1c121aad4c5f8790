import type { EventTracker } from '../checks/event-tracker.ts';

/**
 * Which events had to wait for another one of their user that Salesmachine does not take, and those that it does not
 * take: all that came before it was given up, and before what waited for it was delivered.
 */
export function findHeldUp({ events, size }: EventTracker): ReadonlySet<number> {
  const { user, rejectedWith, flakyUntil, isFatal, firstSentAt, deliveredAt, deadAt } = events;
  const isBad = (number: number) =>
    rejectedWith[number] !== 0 || flakyUntil[number] !== 0 || isFatal[number] !== 0;
  const heldUp = new Set<number>();
  const blockedUntil = new Map<number, number>();
  for (let number = 0; number < size(); number += 1) {
    const key = user[number] ?? 0;
    const until = blockedUntil.get(key) ?? Number.NEGATIVE_INFINITY;
    if (!isBad(number) && (firstSentAt[number] ?? 0) > until) continue;
    heldUp.add(number);
    blockedUntil.set(key, Math.max(until, Math.min(deliveredAt[number] ?? 0, deadAt[number] ?? 0)));
  }
  return heldUp;
}
