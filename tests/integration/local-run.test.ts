import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { listen } from '../../lib/local/http-server.ts';
import { createFakeSalesmachine, errorResponse } from '../../lib/local/salesmachine/fake-salesmachine.ts';
import { startFakeServer } from '../../lib/local/salesmachine/fake-server.ts';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { startTestRelay } from '../support/relay.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A port that is in use until the test is over. */
async function occupyPort(): Promise<string> {
  const { url, stop } = await listen(async () => ({ status: 200, body: '' }));
  stops.push(stop);
  return new URL(url).port;
}

/** `npm start` without npm, with nothing configured but `env`. */
function start(env: Record<string, string>) {
  const options = { env: { ...COMPILE_CACHE, ...env }, stdio: 'pipe' } as const;
  const child = spawn(process.execPath, ['lib/local/main.ts'], options);
  stops.push(() => child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const exited = once(child, 'close').then(([code]) => code);
  const ready = () =>
    until(
      'the relay listens',
      () => /^relay listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(output.stdout)?.[1],
    );
  return { child, output, exited, ready };
}

const track = (userId: string, messageId: string) => ({
  type: 'track',
  userId,
  messageId,
  event: 'Order Completed',
});

describe('npm start', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'with nothing configured, the printed curl line brings an event to Salesmachine; %s ends it well',
    async (signal) => {
      const { child, output, exited, ready } = start({ PORT: '0' });
      const url = await ready();
      const curl = output.stdout.split('\n').find((line) => line.includes('curl')) ?? '';
      const { stdout } = await run('sh', ['-c', curl]);
      expect(JSON.parse(stdout)).toEqual({ accepted: 1, deadLettered: 0, skipped: 0 });

      await until('the event is delivered', async () => {
        const state = await (await fetch(`${url}/local/state`)).text();
        return state.includes('"delivered":1');
      });
      const state = await (await fetch(`${url}/local/salesmachine`)).json();
      expect(state).toMatchObject({
        operations: [
          {
            method: 'event',
            contact_uid: 'user-1',
            event_uid: 'order_completed',
            params: { display_name: 'Order Completed', revenue: 9.5 },
          },
        ],
      });
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(output.stdout.endsWith(`relay listening on ${url}\n`)).toBe(true);
    },
  );

  test('a port that is in use is said in one line', async () => {
    const { output, exited } = start({ PORT: await occupyPort() });
    expect(await exited).toBe(1);
    expect(output.stderr).toMatch(
      /^The port is in use \(.*\): set PORT to another one, or to 0 for any\.\n$/,
    );
    expect(output.stdout).toBe('');
  });

  test('a relay whose port is in use stops what it has started before', async () => {
    const PORT = await occupyPort();
    const countServers = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
    await expect(startTestRelay({ PORT })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await until('only the server whose port it is listens', () => countServers() === 1);
  });

  test('settings that cannot be used are said, and nothing is started', async () => {
    const { output, exited } = start({ PORT: '0', ALIAS: 'hush', LANES: 'hush' });
    expect(await exited).toBe(1);
    expect(output.stderr).toMatch(/ALIAS must be.*LANES|LANES must be.*ALIAS/s);
    expect(output.stderr).not.toContain('hush');
    expect(output.stdout).toBe('');
  });
});

describe('/local', () => {
  test('tells where every event is, and what Salesmachine holds', async () => {
    const relay = await startTestRelay();
    const events = [
      { type: 'identify', userId: '7', messageId: 'm1', traits: { plan: 'pro' } },
      {
        type: 'track',
        userId: '7',
        messageId: 'm2',
        event: 'Order Completed',
        timestamp: '2026-01-02T03:04:05.678Z',
        properties: { revenue: 9.5 },
      },
      { type: 'group', userId: '7', messageId: 'm3', groupId: 'acme', traits: { seats: 3 } },
      { type: 'alias', userId: '7', messageId: 'm4', previousId: 'anonymous' },
      { type: 'screen', userId: '7', messageId: 'm5' },
      { type: 'track', userId: '7', messageId: 'm6' },
    ];
    const response = await relay.postSigned(events);
    expect(await response.json()).toMatchObject({ accepted: 4, deadLettered: 1, skipped: 1 });

    const state = await relay.drained();
    expect(await (await fetch(`${relay.url}/local/salesmachine`)).json()).toEqual(state);
    expect(state.operations).toHaveLength(5);
    expect(state.contacts).toEqual({ 7: { plan: 'pro', account_uid: 'acme' } });
    expect(state.accounts).toEqual({ acme: { seats: 3 } });
    expect(state.events).toEqual([
      {
        method: 'event',
        contact_uid: '7',
        event_uid: 'order_completed',
        params: { display_name: 'Order Completed', revenue: 9.5 },
        created_at: '2026-01-02T03:04:05.678Z',
        messageId: 'm2',
      },
    ]);
    expect(state.aliases).toEqual([
      {
        method: 'alias',
        contact_uid: '7',
        previous_contact_uid: 'anonymous',
        created_at: expect.any(String),
        messageId: 'm4',
      },
    ]);
    expect(await (await fetch(`${relay.url}/local/state`)).json()).toEqual({
      accepted: 4,
      skipped: 1,
      queued: 0,
      inFlight: 0,
      delivered: 4,
      deadLettered: 1,
      requests: expect.any(Number),
      throttled: 0,
    });
  });

  test('what is refused with a credential that is wrong is counted nowhere', async () => {
    const relay = await startTestRelay();
    const response = await relay.post('/segment', track('7', 'm1'), { authorization: 'Bearer guess' });
    expect(response.status).toBe(401);
    expect(await relay.state()).toEqual({
      accepted: 0,
      skipped: 0,
      queued: 0,
      inFlight: 0,
      delivered: 0,
      deadLettered: 0,
      requests: 0,
      throttled: 0,
    });
  });

  test('answers of 429 are counted, and the event is delivered when the window ends', async () => {
    const relay = await startTestRelay({ RATE_LIMIT_REQUESTS: '20', RATE_LIMIT_WINDOW_SECONDS: '2' });
    const credential = Buffer.from('made-up:made-up').toString('base64');
    const ping = () =>
      relay.fakeSalesmachine?.handle({
        method: 'POST',
        path: '/v1/ping',
        headers: { authorization: `Basic ${credential}`, 'content-type': 'application/json' },
        body: '{}',
      });
    await until('the quota is used up', () => ping()?.status === 429);
    await relay.post('/segment', track('7', 'm1'));
    const { events } = await relay.drained();
    expect(events).toHaveLength(1);
    const { delivered, requests, throttled } = await relay.state();
    expect({ delivered, throttled: throttled > 0 }).toEqual({ delivered: 1, throttled: true });
    expect(requests).toBeGreaterThan(throttled);
  });
});

describe('SALESMACHINE_URL', () => {
  test('is where the relay sends; what is rejected there is a dead letter, and not delivered', async () => {
    const credential = { token: 'token', secret: 'secret' };
    const elsewhere = createFakeSalesmachine({
      credential,
      limit: { requests: 900, windowSeconds: 300 },
      now: Date.now,
    });
    const server = await startFakeServer({
      handle: (request) =>
        request.body.includes('"bad"') ? errorResponse(422, 'Not this one.') : elsewhere.handle(request),
    });
    stops.push(server.stop);
    const relay = await startTestRelay({
      SALESMACHINE_URL: server.url,
      SALESMACHINE_API_TOKEN: credential.token,
      SALESMACHINE_API_SECRET: credential.secret,
    });
    await relay.post('/segment', [track('1', 'm1'), track('2', 'm2'), track('bad', 'm3'), track('4', 'm4')]);
    await relay.drained();

    expect(
      elsewhere
        .state()
        .events.map(({ contact_uid }) => contact_uid)
        .sort(),
    ).toEqual(['1', '2', '4']);
    expect(await relay.state()).toMatchObject({ accepted: 4, delivered: 3, deadLettered: 1 });
    expect((await fetch(`${relay.url}/local/salesmachine`)).status).toBe(404);
  });
});
