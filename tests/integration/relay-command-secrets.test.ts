import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { startParameterStore } from '../support/parameter-store.ts';

const path = '/segment-salesmachine-relay/prod';
const before = { [`${path}/INGEST_TOKENS`]: 'canary-old' };

let values: Record<string, string>;
let store: Awaited<ReturnType<typeof startParameterStore>>;

beforeEach(async () => {
  values = { ...before };
  store = await startParameterStore(values);
});

afterEach(() => store.stop());

const put = (input: string, ...args: string[]) => putIn({}, input, ...args);

const putIn = (options: { cwd?: string }, input: string, ...args: string[]) =>
  runCli(['secrets', 'put', '--stage', 'prod', '--region', 'eu-west-1', ...args], {
    ...options,
    input,
    env: {
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_ENDPOINT_URL_SSM: store.url,
    },
  });

test('relay secrets put stores what it reads, and shows none of it', async () => {
  const { code, stdout, stderr } = await put(
    '# of the vault\nINGEST_TOKENS=canary-new,canary=old\r\nSALESMACHINE_API_TOKEN = canary-t\n',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(values).toEqual({
    [`${path}/INGEST_TOKENS`]: 'canary-new,canary=old',
    [`${path}/SALESMACHINE_API_TOKEN`]: 'canary-t',
  });
  expect(stdout).toBe(
    [
      'The secrets of the stage prod in eu-west-1:',
      '  INGEST_TOKENS is stored',
      '  SALESMACHINE_API_TOKEN is stored',
      'Not stored: SEGMENT_SHARED_SECRETS, SALESMACHINE_API_SECRET.',
      '',
    ].join('\n'),
  );
});

test.each([
  ['INGEST_TOKEN=canary', 'line 1 is not NAME=value with one of SEGMENT_SHARED_SECRETS, INGEST_TOKENS'],
  ['\ncanary', 'line 2 is not NAME=value'],
  ['INGEST_TOKENS=', 'line 1 has no value'],
  ['INGEST_TOKENS=canary\nSALESMACHINE_TOKEN=canary', 'line 2 is not NAME=value'],
])('relay secrets put refuses %j, names the line, and quotes none of it', async (input, message) => {
  const { code, stdout, stderr } = await put(input);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stdout + stderr).not.toContain('canary');
  expect(values).toEqual(before);
});

test('relay secrets put --add keeps the secrets and tokens that are stored valid, and no other secret', async () => {
  values[`${path}/SALESMACHINE_API_TOKEN`] = 'canary-t-old';
  const { code, stdout, stderr } = await put(
    'INGEST_TOKENS=canary-new\nSEGMENT_SHARED_SECRETS=canary-first\nSALESMACHINE_API_TOKEN=canary-t\n',
    '--add',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(values).toEqual({
    [`${path}/INGEST_TOKENS`]: 'canary-new,canary-old',
    [`${path}/SEGMENT_SHARED_SECRETS`]: 'canary-first',
    [`${path}/SALESMACHINE_API_TOKEN`]: 'canary-t',
  });
  expect(stdout).toContain('  INGEST_TOKENS is stored, before what was stored\n');
  expect(stdout).not.toContain('canary');
});

test("relay secrets put encrypts what it stores: with the key of the stage's file where there is one", async () => {
  const directory = mkdtempSync(join(tmpdir(), 'relay-secrets-'));
  mkdirSync(join(directory, 'stages'));
  const KeyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd';
  writeFileSync(join(directory, 'stages/prod.yml'), `deployment: { kmsKeyArn: '${KeyId}' }`);
  await putIn({ cwd: directory }, 'INGEST_TOKENS=canary-1');
  rmSync(join(directory, 'stages/prod.yml'));
  await putIn({ cwd: directory }, 'INGEST_TOKENS=canary-2');
  rmSync(directory, { recursive: true });
  expect(store.puts()).toEqual([
    { Type: 'SecureString', KeyId },
    { Type: 'SecureString', KeyId: undefined },
  ]);
});

test('a secret on the command line is no option', async () => {
  const { code, stderr } = await runCli(['secrets', 'put', '--stage', 'prod', '--token', 'canary']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("unknown option '--token'") });
});
