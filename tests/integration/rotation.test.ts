import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { handler } from '../../handlers/ingest.ts';
import { readParameters } from '../../lib/config/parameter-store.ts';
import { createSecretsEnvironment } from '../../lib/config/secrets.ts';
import { createApiGateway } from '../../lib/local/aws/local-api-gateway.ts';
import { listen } from '../../lib/local/http-server.ts';
import { readLocalConfig } from '../../lib/local/local-config.ts';
import { startRelay } from '../../lib/local/relay.ts';
import { createFakeSalesmachine } from '../../lib/local/salesmachine/fake-salesmachine.ts';
import { startFakeServer } from '../../lib/local/salesmachine/fake-server.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { sign } from '../../lib/segment/signature.ts';
import { recordingLog } from '../support/log.ts';
import { startParameterStore } from '../support/parameter-store.ts';
import { patientClock } from '../support/patient-clock.ts';
import { until } from '../support/until.ts';

const PARAMETERS = {
  SEGMENT_SHARED_SECRETS: 'old-secret',
  INGEST_TOKENS: 'old-token',
  SALESMACHINE_API_TOKEN: 'old-api-token',
  SALESMACHINE_API_SECRET: 'old-api-secret',
};

type Credential = { token: string; secret: string };

/** What Salesmachine knows at first. */
const MADE_WITH: Credential = {
  token: PARAMETERS.SALESMACHINE_API_TOKEN,
  secret: PARAMETERS.SALESMACHINE_API_SECRET,
};

const basic = ({ token, secret }: Credential) =>
  `Basic ${Buffer.from(`${token}:${secret}`).toString('base64')}`;

const SKIP_MS = 5_000;
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
});

afterEach(async () => {
  for (const stop of cleanups.splice(0).reverse()) await stop();
});

/** A relay whose four secrets are in a parameter store, and a Salesmachine whose secret can be changed. */
async function setUp({ without }: { without?: keyof typeof PARAMETERS } = {}) {
  const names = Object.keys(PARAMETERS);
  const set = Object.entries(PARAMETERS).filter(([name]) => name !== without);
  const store = await startParameterStore(
    Object.fromEntries(set.map(([name, value]) => [`/relay/${name}`, value])),
  );
  cleanups.push(store.stop);
  process.env['AWS_ENDPOINT_URL_SSM'] = store.url;

  // The store is asked at most every five seconds: these are jumped over instead of waited for.
  let jumpedMs = 0;
  const clock: Clock = { ...patientClock, now: () => patientClock.now() + jumpedMs };

  const fake = createFakeSalesmachine({
    credential: MADE_WITH,
    limit: { requests: 100_000, windowSeconds: 300 },
    now: clock.now,
  });
  let known: Credential = MADE_WITH;
  const salesmachine = await startFakeServer({
    handle(request) {
      // It knows one credential, which may be another than the one it was made with.
      const isRight = request.headers['authorization'] === basic(known);
      const authorization = isRight ? basic(MADE_WITH) : 'wrong';
      return fake.handle({ ...request, headers: { ...request.headers, authorization } });
    },
  });
  cleanups.push(salesmachine.stop);

  const environment = createSecretsEnvironment(
    {
      PORT: '0',
      SALESMACHINE_URL: salesmachine.url,
      RATE_LIMIT_REQUESTS: '100000',
      ...Object.fromEntries(names.map((name) => [`${name}_PARAMETER`, `/relay/${name}`])),
    },
    clock,
    readParameters,
  );
  const config = readLocalConfig(await environment.get(), () => 'made-up');
  const relay = await startRelay({ config, environment, log: recordingLog(), clock });
  cleanups.push(relay.stop);

  return {
    store,
    relay,
    pass: () => {
      jumpedMs += SKIP_MS;
    },
    set: (name: keyof typeof PARAMETERS, value: string) => store.set(`/relay/${name}`, value),
    rotateCredential: (changed: Partial<Credential>) => {
      known = { ...known, ...changed };
    },
    delivered: () => fake.state().events.map(({ contact_uid }) => contact_uid),
    post(user: number, credential: { secret: string } | { token: string }) {
      const body = JSON.stringify({
        type: 'track',
        userId: `u${user}`,
        event: 'Rotated',
        messageId: `m${user}`,
      });
      const headers: Record<string, string> =
        'secret' in credential
          ? { 'x-signature': sign(body, credential.secret) }
          : { authorization: `Bearer ${credential.token}` };
      return fetch(`${relay.url}/segment`, { method: 'POST', body, headers });
    },
  };
}

const users = Array.from({ length: 60 }, (_, index) => index);

test.each([
  { name: 'SEGMENT_SHARED_SECRETS', of: (value: string) => ({ secret: value }), old: 'old-secret' },
  { name: 'INGEST_TOKENS', of: (value: string) => ({ token: value }), old: 'old-token' },
] as const)(
  '$name is changed under load: no correct sender is turned away, and nothing is lost',
  async (kind) => {
    const { set, post, pass, delivered } = await setUp();
    const statuses: number[] = [];
    for (const user of users) {
      if (user === 20) set(kind.name, 'new');
      // A sender that is refused tries again, as Segment does, until the relay knows the new value.
      for (;;) {
        const response = await post(user, kind.of(user < 20 ? kind.old : 'new'));
        statuses.push(response.status);
        if (response.status !== 503) break;
        pass();
      }
    }
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect((await post(99, kind.of(kind.old))).status).toBe(503);
    await until('all are delivered', () => delivered().length >= users.length);
    expect(delivered().toSorted()).toEqual(users.map((user) => `u${user}`).toSorted());
  },
);

test.each([
  { name: 'SALESMACHINE_API_TOKEN', changed: { token: 'new' } },
  { name: 'SALESMACHINE_API_SECRET', changed: { secret: 'new' } },
] as const)(
  '$name is changed under load: the lane reads it again, and nothing is lost',
  async ({ name, changed }) => {
    const { set, post, pass, delivered, rotateCredential, relay } = await setUp();
    for (const user of users) {
      if (user === 20) {
        rotateCredential(changed);
        set(name, 'new');
        pass();
      }
      expect((await post(user, { token: 'old-token' })).status).toBe(200);
    }
    await until('all are delivered', () => delivered().length >= users.length);
    expect(delivered().toSorted()).toEqual(users.map((user) => `u${user}`).toSorted());
    expect(await relay.state()).toMatchObject({ deadLettered: 0 });
  },
);

test.each([
  {
    name: 'SEGMENT_SHARED_SECRETS',
    of: (value: string) => ({ secret: value }),
    other: { token: 'old-token' },
  },
  { name: 'INGEST_TOKENS', of: (value: string) => ({ token: value }), other: { secret: 'old-secret' } },
] as const)(
  'the first of $name that is added to a running relay is known at once, and what is none is answered 401',
  async ({ name, of, other }) => {
    const { set, post, pass, delivered } = await setUp({ without: name });
    expect((await post(1, other)).status).toBe(200);
    pass();
    expect((await post(2, of('new'))).status).toBe(401);
    set(name, 'new');
    expect((await post(2, of('new'))).status).toBe(503);
    pass();
    expect((await post(2, of('new'))).status).toBe(200);
    pass();
    expect((await post(3, of('neither'))).status).toBe(401);
    await until('both are delivered', () => delivered().length === 2);
  },
);

test('while the parameter store is down, a warm relay goes on', async () => {
  const { store, post, pass, delivered } = await setUp();
  store.goDown();
  for (let jumps = 0; jumps < 100; jumps++) pass();
  expect((await post(1, { secret: 'old-secret' })).status).toBe(200);
  await until('it is delivered', () => delivered().length === 1);
  expect((await post(2, { secret: 'never-known' })).status).toBe(503);
});

test('while the parameter store is down, a cold ingest answers 503, and starts once it is back', async () => {
  const store = await startParameterStore({ '/relay/INGEST_TOKENS': 'a-token' });
  cleanups.push(store.stop);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SSM: store.url,
    INGEST_TOKENS_PARAMETER: '/relay/INGEST_TOKENS',
    QUEUE_URL: 'http://127.0.0.1:9/main.fifo',
    DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:9/dead.fifo',
  });
  cleanups.push(() => {
    for (const name of ['INGEST_TOKENS_PARAMETER', 'QUEUE_URL', 'DEAD_LETTER_QUEUE_URL'])
      delete process.env[name];
  });
  const gateway = createApiGateway({
    invoke: handler,
    functionTimeoutMs: 8_000,
    clock: patientClock,
    log: recordingLog(),
  });
  const server = await listen(gateway);
  cleanups.push(server.stop);
  const status = async () => (await fetch(`${server.url}/health`)).status;

  store.goDown();
  expect(await status()).toBe(503);
  store.comeBack();
  expect(await status()).toBe(200);
});
