import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Analytics as AnalyticsV3 } from '@segment/analytics-node';
import { Analytics as AnalyticsV1 } from 'analytics-node-1';
import { Analytics as AnalyticsV2 } from 'analytics-node-2';
import { type LocalServer, listen, readBody, readHeaders } from '../../lib/local/http-server.ts';
import { startTestRelay, type TestRelay, TOKEN } from '../support/relay.ts';
import { until } from '../support/until.ts';

type Message = { userId: string; timestamp: Date; messageId: string };

/** What all of the SDKs have in common. */
type Calls = {
  identify(message: Message & { traits: { plan: string } }): unknown;
  track(message: Message & { event: string; properties: { revenue: number } }): unknown;
  page(message: Message & { name: string; properties: { url: string } }): unknown;
  group(message: Message & { groupId: string; traits: { seats: number } }): unknown;
  alias(message: Message & { previousId: string }): unknown;
};

type Client = Calls & {
  /** Sends what is queued, retries included; rejects or not, as the SDK does. */
  finish(): Promise<unknown>;
  /** The failures that the SDK reports to those who use it. */
  errors: unknown[];
};

type LegacyOptions = {
  host?: string;
  dataPlaneUrl?: string;
  flushAt?: number;
  flushInterval?: number;
  logLevel?: string;
  axiosConfig?: object;
  errorHandler: (error: unknown) => void;
};
type Legacy = new (
  writeKey: string,
  options: LegacyOptions,
) => Calls & { flush(callback?: () => void): Promise<unknown> };

const require = createRequire(import.meta.url);
const LegacyAnalytics: Legacy = require('analytics-node');
const RudderAnalytics: Legacy = require('@rudderstack/rudder-sdk-node');

type Modern = Calls & {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  closeAndFlush(): Promise<void>;
};

function createModern(connect: (options: { host: string; writeKey: string }) => Modern) {
  return (host: string, writeKey: string): Client => {
    const client = connect({ host, writeKey });
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    return Object.assign(client, { errors, finish: () => client.closeAndFlush() });
  };
}

function createLegacy(Analytics: Legacy, optionsFor: (host: string) => Omit<LegacyOptions, 'errorHandler'>) {
  return (host: string, writeKey: string): Client => {
    const errors: unknown[] = [];
    const errorHandler = (error: unknown) => void errors.push(error);
    const client = new Analytics(writeKey, { flushInterval: 60_000, ...optionsFor(host), errorHandler });
    return Object.assign(client, { errors, finish: () => client.flush() });
  };
}

/** As users of axios compress what it sends. */
const gzipConfig = {
  headers: { post: { 'content-encoding': 'gzip', 'content-type': 'application/json' } },
  transformRequest: [(data: unknown) => gzipSync(JSON.stringify(data))],
};

const sdks: Record<string, (host: string, writeKey: string) => Client> = {
  '@segment/analytics-node 1': createModern((options) => new AnalyticsV1(options)),
  '@segment/analytics-node 2': createModern((options) => new AnalyticsV2(options)),
  '@segment/analytics-node 3': createModern((options) => new AnalyticsV3(options)),
  'analytics-node 6': createLegacy(LegacyAnalytics, (host) => ({ host })),
  'analytics-node 6 with gzip': createLegacy(LegacyAnalytics, (host) => ({ host, axiosConfig: gzipConfig })),
  '@rudderstack/rudder-sdk-node': createLegacy(RudderAnalytics, (dataPlaneUrl) => ({
    dataPlaneUrl,
    logLevel: 'none',
  })),
};

const timestamp = new Date('2026-01-02T03:04:05.678Z');
const created_at = '2026-01-02T03:04:05.678Z';

function callAll(client: Calls): void {
  const common = { userId: '7', timestamp };
  client.identify({ ...common, messageId: 'm1', traits: { plan: 'pro' } });
  client.track({ ...common, messageId: 'm2', event: 'Order Completed', properties: { revenue: 9.5 } });
  client.page({ ...common, messageId: 'm3', name: 'Pricing', properties: { url: 'https://a.example/' } });
  client.group({ ...common, messageId: 'm4', groupId: 'acme', traits: { seats: 3 } });
  client.alias({ ...common, messageId: 'm5', previousId: 'anonymous' });
}

const servers: LocalServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** Passes requests on to the relay, but answers the first ones as the relay does when its queue is away. */
async function startFlakyGateway(relayUrl: string, failures: number) {
  const statuses: number[] = [];
  const server = await listen(async (request) => {
    const body = await readBody(request, 1_000_000);
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = readHeaders(request);
    if (statuses.length < failures) {
      statuses.push(503);
      const message = 'The queue did not take the events in time: try again.';
      return { status: 503, body: JSON.stringify({ message, code: 'not_queued', error: message }) };
    }
    const method = request.method ?? 'POST';
    const response = await fetch(`${relayUrl}${request.url}`, {
      method,
      headers,
      body: new Uint8Array(body ?? []),
    });
    statuses.push(response.status);
    return {
      status: response.status,
      headers: { 'content-type': 'application/json' },
      body: await response.text(),
    };
  });
  servers.push(server);
  return { url: server.url, statuses };
}

/** Some SDKs send their first event at once, beside the batch that is waited for. */
async function waitUntilDrained(relay: TestRelay, events: number) {
  await until('all are accepted', async () => (await relay.state()).accepted === events);
  return relay.drained();
}

describe.each(Object.entries(sdks))(
  '%s, with its host set to the relay and its write key to the token',
  (_, create) => {
    test('brings identify, track, page, group and alias', async () => {
      const relay = await startTestRelay();
      const client = create(relay.url, TOKEN);
      callAll(client);
      await client.finish();

      const state = await waitUntilDrained(relay, 5);
      expect(client.errors).toEqual([]);
      expect(await relay.state()).toMatchObject({ accepted: 5, deadLettered: 0, skipped: 0 });
      expect(state.contacts).toEqual({ 7: { plan: 'pro', account_uid: 'acme' } });
      expect(state.accounts).toEqual({ acme: { seats: 3 } });
      const event = { method: 'event', contact_uid: '7', created_at };
      expect(state.events).toMatchObject([
        {
          ...event,
          event_uid: 'order_completed',
          params: { display_name: 'Order Completed', revenue: 9.5 },
        },
        { ...event, event_uid: 'pageview', params: { visit_url: 'https://a.example/' } },
        { ...event, event_uid: 'pricing', params: { display_name: 'Pricing' } },
      ]);
      expect(state.aliases).toMatchObject([
        { method: 'alias', contact_uid: '7', previous_contact_uid: 'anonymous', created_at },
      ]);
    });

    test('brings more than fits into one of its requests, to a host with a slash at its end', async () => {
      const relay = await startTestRelay();
      const client = create(`${relay.url}/`, TOKEN);
      const users = Array.from({ length: 45 }, (_user, index) => `user ${index}`);
      for (const userId of users)
        client.track({
          userId,
          event: 'Signed Up',
          messageId: userId,
          timestamp,
          properties: { revenue: 1 },
        });
      for (let flushes = 0; flushes < 3; flushes++) await client.finish();

      const { events } = await waitUntilDrained(relay, 45);
      expect(client.errors).toEqual([]);
      expect(events.map(({ contact_uid }) => contact_uid).sort()).toEqual(users.toSorted());
    });

    test('tries again what is answered 503: nothing is lost or sent twice', async () => {
      const relay = await startTestRelay();
      const gateway = await startFlakyGateway(relay.url, 2);
      const client = create(gateway.url, TOKEN);
      callAll(client);
      await client.finish();

      const { events, contacts, accounts, aliases } = await waitUntilDrained(relay, 5);
      expect(events.map(({ event_uid }) => event_uid)).toEqual(['order_completed', 'pageview', 'pricing']);
      expect(contacts).toEqual({ 7: { plan: 'pro', account_uid: 'acme' } });
      expect(Object.keys(accounts)).toEqual(['acme']);
      expect(aliases).toHaveLength(1);
      expect(gateway.statuses.slice(0, 3)).toEqual([503, 503, 200]);
      expect(client.errors).toEqual([]);
    });

    test('soon gives up with another write key, and reports it', async () => {
      const relay = await startTestRelay();
      const gateway = await startFlakyGateway(relay.url, 0);
      const client = create(gateway.url, 'another-key');
      client.track({
        userId: '7',
        event: 'Order Completed',
        messageId: 'm1',
        timestamp,
        properties: { revenue: 1 },
      });
      await client.finish();

      await until('it is reported', () => client.errors.length > 0);
      // Versions 1 and 2 try everything four times, within a second.
      expect(gateway.statuses.length).toBeLessThanOrEqual(4);
      expect(new Set(gateway.statuses)).toEqual(new Set([401]));
      expect(await relay.state()).toMatchObject({ accepted: 0, queued: 0, inFlight: 0, delivered: 0 });
    });
  },
);

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
