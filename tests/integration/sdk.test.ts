import { describe, expect, test } from '@jest/globals';
import { Analytics } from '@segment/analytics-node';
import { startTestRelay, TOKEN } from '../support/relay.ts';

const timestamp = new Date('2026-01-02T03:04:05.678Z');
const created_at = '2026-01-02T03:04:05.678Z';

/** Segment's own SDK with the relay in Segment's place. Nothing is tried again: the first answer counts. */
function analytics(host: string, writeKey: string) {
  const client = new Analytics({ host, writeKey, maxRetries: 0 });
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  return { client, errors };
}

describe("Segment's SDK for Node, with its host set to the relay and its write key to the token", () => {
  test('brings identify, track, page, group and alias', async () => {
    const relay = await startTestRelay();
    const { client, errors } = analytics(relay.url, TOKEN);
    const userId = '7';
    client.identify({ userId, traits: { plan: 'pro' }, timestamp, messageId: 'm1' });
    client.track({
      userId,
      event: 'Order Completed',
      properties: { revenue: 9.5 },
      timestamp,
      messageId: 'm2',
    });
    client.page({
      userId,
      name: 'Pricing',
      properties: { url: 'https://a.example/' },
      timestamp,
      messageId: 'm3',
    });
    client.group({ userId, groupId: 'acme', traits: { seats: 3 }, timestamp, messageId: 'm4' });
    client.alias({ userId, previousId: 'anonymous', timestamp, messageId: 'm5' });
    await client.closeAndFlush();

    const state = await relay.drained();
    expect(errors).toEqual([]);
    expect(await relay.state()).toMatchObject({ accepted: 5, deadLettered: 0, skipped: 0 });
    expect(state.contacts).toEqual({ 7: { plan: 'pro', account_uid: 'acme' } });
    expect(state.accounts).toEqual({ acme: { seats: 3 } });
    const event = { method: 'event', contact_uid: '7', created_at };
    expect(state.events).toEqual([
      {
        ...event,
        messageId: 'm2',
        event_uid: 'order_completed',
        params: { display_name: 'Order Completed', revenue: 9.5 },
      },
      {
        ...event,
        messageId: 'm3',
        event_uid: 'pageview',
        params: { visit_url: 'https://a.example/', name: 'Pricing', url: 'https://a.example/' },
      },
      {
        ...event,
        messageId: 'm3',
        event_uid: 'pricing',
        params: { display_name: 'Pricing', url: 'https://a.example/' },
      },
    ]);
    expect(state.aliases).toEqual([
      { method: 'alias', contact_uid: '7', previous_contact_uid: 'anonymous', created_at, messageId: 'm5' },
    ]);
  });

  test('brings more than fits into one of its requests', async () => {
    const relay = await startTestRelay();
    const { client, errors } = analytics(relay.url, TOKEN);
    const users = Array.from({ length: 40 }, (_, index) => `user ${index}`);
    for (const userId of users) client.track({ userId, event: 'Signed Up' });
    await client.closeAndFlush();

    const { events } = await relay.drained();
    expect(errors).toEqual([]);
    expect(events.map(({ contact_uid }) => contact_uid).sort()).toEqual(users.toSorted());
  });

  test('is refused with another write key', async () => {
    const relay = await startTestRelay();
    const { client, errors } = analytics(relay.url, 'another-key');
    client.track({ userId: '7', event: 'Order Completed' });
    await client.closeAndFlush();

    expect(errors).toEqual([expect.objectContaining({ code: 'delivery_failure' })]);
    expect(await relay.state()).toMatchObject({ accepted: 0, queued: 0, inFlight: 0, delivered: 0 });
  });
});

describe('an SDK that puts its write key into the body', () => {
  test('is let in by it, and the key goes no further', async () => {
    const relay = await startTestRelay();
    const event = { userId: '7', event: 'Order Completed', messageId: 'm1' };
    const batch = await relay.post(
      '/v1/batch',
      { batch: [{ type: 'track', ...event }], writeKey: TOKEN },
      {},
    );
    const single = await relay.post('/v1/track', { ...event, messageId: 'm2', writeKey: TOKEN }, {});
    expect([batch.status, single.status]).toEqual([200, 200]);

    const state = await relay.drained();
    expect(state.events.map(({ messageId }) => messageId)).toEqual(['m1', 'm2']);
    expect(JSON.stringify(state)).not.toContain(TOKEN);
  });
});
