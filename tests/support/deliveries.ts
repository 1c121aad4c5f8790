import type { Operation } from '../../lib/salesmachine/operation.ts';

/** The n-th event of a user, both counted from 0, as its `messageId` tells. */
export const messageIdOf = (user: number, nth: number): string => `${user}/${nth}`;

/** What is wrong with the deliveries, by `messageId`; and what was delivered more than once. */
export type Deliveries = { missing: string[]; outOfOrder: string[]; twice: ReadonlySet<string> };

/**
 * Holds what Salesmachine has applied, in order of arrival, against what each user has sent, of which a delivery's
 * first arrival counts: `outOfOrder` are those that came before an earlier one of their user.
 *
 * @param expected how many events each user has sent
 */
export function checkDeliveries(applied: readonly Operation[], users: number, expected: number): Deliveries {
  const places = new Map<string, number>();
  const twice = new Set<string>();
  for (const [place, { messageId = '' }] of applied.entries()) {
    if (places.has(messageId)) twice.add(messageId);
    else places.set(messageId, place);
  }
  const missing: string[] = [];
  const outOfOrder: string[] = [];
  for (let user = 0; user < users; user += 1) {
    let latest = -1;
    for (let nth = 0; nth < expected; nth += 1) {
      const id = messageIdOf(user, nth);
      const place = places.get(id);
      if (place === undefined) missing.push(id);
      else if (place < latest) outOfOrder.push(id);
      else latest = place;
    }
  }
  return { missing, outOfOrder, twice };
}
