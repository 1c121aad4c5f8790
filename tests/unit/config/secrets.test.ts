import { expect, test } from '@jest/globals';
import { createSecretsEnvironment, type ReadParameters } from '../../../lib/config/secrets.ts';

const MINUTE = 60_000;

function setUp(read: ReadParameters, env: Record<string, string> = { INGEST_TOKENS_PARAMETER: '/tokens' }) {
  let now = 1_000_000;
  const clock = { now: () => now, sleep: async () => {} };
  return {
    environment: createSecretsEnvironment({ OTHER: 'kept', ...env }, clock, read),
    pass: (ms: number) => {
      now += ms;
    },
    now: () => now,
  };
}

test('without a parameter, the store is never asked and everything counts as new', async () => {
  const { environment, now } = setUp(() => Promise.reject(new Error('asked')), { INGEST_TOKENS: 'plain' });
  expect(await environment.get()).toMatchObject({ INGEST_TOKENS: 'plain', OTHER: 'kept' });
  expect(await environment.refreshIfOlderThan(now())).toBe(true);
});

test('a parameter stands for the setting it is named after', async () => {
  const { environment } = setUp(async (names) =>
    Object.fromEntries(names.map((name) => [name, 'from the store'])),
  );
  expect(await environment.get()).toMatchObject({ INGEST_TOKENS: 'from the store', OTHER: 'kept' });
});

test('a parameter that does not exist is a setting that is not set', async () => {
  const { environment } = setUp(async () => ({}));
  expect((await environment.get())['INGEST_TOKENS']).toBeUndefined();
});

test('a new value is known within five minutes, and the store is asked no more often than that', async () => {
  let asked = 0;
  const { environment, pass } = setUp(async () => ({ '/tokens': `value ${++asked}` }));
  for (let minute = 0; minute < 5; minute++) {
    expect((await environment.get())['INGEST_TOKENS']).toBe('value 1');
    pass(MINUTE);
  }
  expect((await environment.get())['INGEST_TOKENS']).toBe('value 2');
});

test('while the store fails, the last value is good for an hour', async () => {
  let isDown = false;
  const { environment, pass } = setUp(async () => {
    if (isDown) throw new Error('down');
    return { '/tokens': 'known' };
  });
  await environment.get();
  isDown = true;
  pass(59 * MINUTE);
  expect((await environment.get())['INGEST_TOKENS']).toBe('known');
  pass(MINUTE);
  await expect(environment.get()).rejects.toThrow('the secrets are not known');
  isDown = false;
  pass(5_000);
  expect((await environment.get())['INGEST_TOKENS']).toBe('known');
});

test('a store that has never answered is an error, and is asked again', async () => {
  let isDown = true;
  const { environment, pass } = setUp(async () => {
    if (isDown) throw new Error('down');
    return { '/tokens': 'known' };
  });
  await expect(environment.get()).rejects.toThrow('down');
  isDown = false;
  pass(5_000);
  expect((await environment.get())['INGEST_TOKENS']).toBe('known');
});

test('a caller that doubts a value has it read again, at most every five seconds', async () => {
  let asked = 0;
  const { environment, pass, now } = setUp(async () => ({ '/tokens': `value ${++asked}` }));
  await environment.get();
  pass(4_999);
  expect(await environment.refreshIfOlderThan(now())).toBe(false);
  pass(1);
  expect(await environment.refreshIfOlderThan(now())).toBe(true);
  expect((await environment.get())['INGEST_TOKENS']).toBe('value 2');
});

test('many who doubt at once share one reading', async () => {
  let asked = 0;
  const { environment, now } = setUp(async () => ({ '/tokens': `value ${++asked}` }));
  const answers = await Promise.all(Array.from({ length: 50 }, () => environment.refreshIfOlderThan(now())));
  expect(answers).not.toContain(false);
  expect(asked).toBe(1);
});

test('the store is asked for ten parameters at a time, which is all that it takes', async () => {
  const names = [
    'QUEUE_URL',
    'DEAD_LETTER_QUEUE_URL',
    'SEGMENT_SHARED_SECRETS',
    'INGEST_TOKENS',
    'SALESMACHINE_URL',
    'SALESMACHINE_API_TOKEN',
    'SALESMACHINE_API_SECRET',
    'LANES',
    'ALIAS',
    'SCREEN',
    'EXCLUDE_EVENTS',
  ];
  const calls: (readonly string[])[] = [];
  const { environment } = setUp(
    async (parameters) => {
      calls.push(parameters);
      return Object.fromEntries(parameters.map((parameter) => [parameter, `value of ${parameter}`]));
    },
    Object.fromEntries(names.map((name) => [`${name}_PARAMETER`, `/relay/${name}`])),
  );
  const env = await environment.get();
  expect(names.map((name) => env[name])).toEqual(names.map((name) => `value of /relay/${name}`));
  expect(calls.map(({ length }) => length)).toEqual([10, 1]);
});

test("blanks around a parameter's name do not count", async () => {
  const { environment } = setUp(async ([name]) => ({ [String(name)]: `value of ${name}` }), {
    INGEST_TOKENS_PARAMETER: ' /tokens\n',
  });
  expect((await environment.get())['INGEST_TOKENS']).toBe('value of /tokens');
});
