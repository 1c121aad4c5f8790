import { messageIdOf } from './deliveries.ts';

/** Webhooks that are under way at the same time. */
const POSTERS = 20;

type Target = {
  /** Where webhooks go. */
  url: string;
  token: string;
  /** A multiple of 20, so that a user's events all come from the same poster. */
  users: number;
};

/**
 * Posts the events `from` to `to` (exclusive) of a row in which the users take turns, each a webhook of its own. A
 * user's next event is not posted before the last one is accepted, so that their order is certain.
 *
 * @throws if one is not accepted
 */
export async function postEvents(from: number, to: number, target: Target): Promise<void> {
  async function postEvery20th(first: number): Promise<void> {
    for (let number = first; number < to; number += POSTERS) await post(number, target);
  }
  await Promise.all(Array.from({ length: POSTERS }, (_, poster) => postEvery20th(from + poster)));
}

async function post(number: number, { url, token, users }: Target): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(trackEvent(number % users, Math.floor(number / users))),
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`The relay answered a webhook with ${response.status}.`);
}

/** The n-th event of a user, both counted from 0. */
export const trackEvent = (user: number, nth: number) => ({
  type: 'track',
  messageId: messageIdOf(user, nth),
  userId: `user-${user}`,
  event: 'Order Completed',
  timestamp: new Date(Date.UTC(2026, 0, 1) + nth).toISOString(),
  properties: { revenue: 9.5, currency: 'EUR', products: [{ sku: 'a-1', quantity: 2 }] },
});
