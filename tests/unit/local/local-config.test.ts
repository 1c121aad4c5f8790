import { expect, test } from '@jest/globals';
import { readLocalConfig } from '../../../lib/local/local-config.ts';

/** Secrets that tell each other apart. */
function read(env: Record<string, string>) {
  let made = 0;
  return readLocalConfig(env, () => `made-up-${++made}`);
}

const NONE = { SEGMENT_SHARED_SECRETS: '', INGEST_TOKENS: ' ', SALESMACHINE_URL: '' };

test.each([{}, NONE])('with nothing configured, everything is made up', (env) => {
  const config = read(env);
  expect(config).toMatchObject({
    port: 3000,
    ingest: { credentials: { sharedSecrets: ['made-up-1'], tokens: ['made-up-2'] } },
    worker: { salesmachine: { token: 'made-up-3', secret: 'made-up-4' }, delivery: { quota: { lanes: 2 } } },
    fakeSalesmachine: {
      credential: { token: 'made-up-3', secret: 'made-up-4' },
      limit: { requests: 900, windowSeconds: 300 },
    },
  });
  expect(config.generated).toEqual({
    SEGMENT_SHARED_SECRETS: 'made-up-1',
    INGEST_TOKENS: 'made-up-2',
    SALESMACHINE_API_TOKEN: 'made-up-3',
    SALESMACHINE_API_SECRET: 'made-up-4',
  });
});

test.each([
  [{ SEGMENT_SHARED_SECRETS: 'old, new' }, { sharedSecrets: ['old', 'new'], tokens: [] }],
  [{ INGEST_TOKENS: 'mine' }, { sharedSecrets: [], tokens: ['mine'] }],
  [{ INGEST_OPEN: 'true' }, { sharedSecrets: [], tokens: [] }],
])('with %j, no other way in is made up', (env, credentials) => {
  const config = read(env);
  expect(config.ingest.credentials).toEqual(credentials);
  expect(Object.keys(config.generated)).toEqual(['SALESMACHINE_API_TOKEN', 'SALESMACHINE_API_SECRET']);
});

test('with INGEST_OPEN=false, a way in is made up all the same', () => {
  expect(read({ INGEST_OPEN: 'false' }).ingest.credentials.tokens).toHaveLength(1);
});

test('the fake Salesmachine takes the configured credential, and the rate limit', () => {
  const config = read({
    SALESMACHINE_API_TOKEN: 'token',
    SALESMACHINE_API_SECRET: 'secret',
    RATE_LIMIT_REQUESTS: '10',
    RATE_LIMIT_WINDOW_SECONDS: '60',
  });
  expect(config.fakeSalesmachine).toEqual({
    credential: { token: 'token', secret: 'secret' },
    limit: { requests: 10, windowSeconds: 60 },
  });
  expect(config.worker.salesmachine).toMatchObject({ token: 'token', secret: 'secret' });
});

test('with SALESMACHINE_URL there is no fake, and no credential is made up', () => {
  const env = {
    SALESMACHINE_URL: 'http://127.0.0.1:9',
    SALESMACHINE_API_TOKEN: 'token',
    SALESMACHINE_API_SECRET: 'secret',
  };
  const config = read(env);
  expect(config.fakeSalesmachine).toBeUndefined();
  expect(config.worker.salesmachine).toEqual({ url: 'http://127.0.0.1:9', token: 'token', secret: 'secret' });
  expect(() => read({ SALESMACHINE_URL: env.SALESMACHINE_URL })).toThrow(
    /SALESMACHINE_API_TOKEN is not set.*SALESMACHINE_API_SECRET is not set/,
  );
});

test('every problem is said at once, without any value', () => {
  const env = { PORT: 'p0rt', REQUIRE_BOTH: 'maybe', LANES: '99', SALESMACHINE_URL: 'nowhere' };
  const error = (() => {
    try {
      return read(env);
    } catch (caught) {
      return String(caught);
    }
  })();
  for (const name of [...Object.keys(env), 'SALESMACHINE_API_TOKEN']) expect(error).toContain(name);
  for (const value of ['p0rt', 'maybe', '99', 'nowhere']) expect(error).not.toContain(value);
});

test.each(['0', '65535'])('PORT=%s is taken', (PORT) => {
  expect(read({ PORT }).port).toBe(Number(PORT));
});

test.each(['-1', '65536', '3000.5', 'x'])('PORT=%s is refused', (PORT) => {
  expect(() => read({ PORT })).toThrow(/PORT must be a whole number from 0 to 65535/);
});
