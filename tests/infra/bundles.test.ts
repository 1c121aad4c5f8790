import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import * as v from 'valibot';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { startParameterStore } from '../support/parameter-store.ts';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'relay-bundles-'));

const metafileSchema = v.object({
  outputs: v.record(v.string(), v.object({ inputs: v.record(v.string(), v.unknown()) })),
});

/** The SDK's client for SQS alone, as esbuild bundles it by itself: the floor. */
const FLOOR = 'tests/bench/client-sqs.ts';
const WITHOUT_ALIAS = '--alias:@aws-sdk/credential-provider-node=@aws-sdk/credential-provider-node';

jest.setTimeout(60_000);

beforeAll(async () => {
  const options = ['--outbase=.', `--outdir=${directory}`];
  const build = (...args: string[]) => run('npm', ['run', 'build', '--', ...args], { cwd: repository });
  await build(FLOOR, WITHOUT_ALIAS, ...options);
  await build(...options, `--metafile=${join(directory, 'meta.json')}`);
});

afterAll(() => rmSync(directory, { recursive: true }));

const sizeOf = (entry: string) => statSync(join(directory, entry.replace(/\.ts$/, '.mjs'))).size;

test.each(['ingest', 'worker', 'replay'])(
  '%s with all that it does is smaller than the SDK alone',
  (name) => {
    expect(sizeOf(`handlers/${name}.ts`)).toBeLessThan(sizeOf(FLOOR));
  },
);

test('no bundle holds a client that its function never uses', () => {
  const { outputs } = v.parse(
    v.pipe(v.string(), v.parseJson(), metafileSchema),
    readFileSync(join(directory, 'meta.json'), 'utf8'),
  );
  const bundles = Object.entries(outputs).filter(([output]) => output.endsWith('.mjs'));
  expect(bundles).toHaveLength(3);
  for (const [, { inputs }] of bundles) {
    const clients = Object.keys(inputs).filter((input) =>
      /@aws-sdk\/client-(?!sqs)|nested-clients|credential-provider-/.test(input),
    );
    expect(clients).toEqual([]);
  }
});

/**
 * Initializes a function as Lambda does; then each line of the input is an event, and each line of the output an
 * answer.
 */
const LAMBDA = `
  import { createInterface } from 'node:readline';
  const { handler } = await import(process.argv[1]);
  console.log('initialized');
  const context = { awsRequestId: 'r', logStreamName: 's', getRemainingTimeInMillis: () => 8_000 };
  for await (const line of createInterface({ input: process.stdin }))
    console.log(JSON.stringify(await handler(JSON.parse(line), context)));
`;

const healthCheck = {
  routeKey: 'GET /health',
  rawPath: '/health',
  headers: {},
  requestContext: { http: { method: 'GET', path: '/health' } },
};

/** The ingest with its token in a parameter store. */
async function startIngest(isStoreDown: boolean) {
  const store = await startParameterStore({ '/tokens': 'a-token' });
  if (isStoreDown) store.goDown();
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', LAMBDA, join(directory, 'handlers/ingest.mjs')],
    {
      env: {
        ...COMPILE_CACHE,
        AWS_LAMBDA_FUNCTION_NAME: 'relay-ingest',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_ENDPOINT_URL_SSM: store.url,
        INGEST_TOKENS_PARAMETER: '/tokens',
        QUEUE_URL: 'http://127.0.0.1:9/main.fifo',
        DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:9/dead.fifo',
      },
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const readLine = async () => String((await lines.next()).value);
  return {
    store,
    initialized: readLine(),
    async checkHealth(): Promise<string> {
      child.stdin.write(`${JSON.stringify(healthCheck)}\n`);
      for (;;) {
        const line = await readLine();
        if (line.includes('statusCode')) return line;
      }
    },
    async stop() {
      child.stdin.end();
      await store.stop();
    },
  };
}

test('the ingest reads its secrets while Lambda initializes it, before there is a request', async () => {
  const ingest = await startIngest(false);
  expect(await ingest.initialized).toBe('initialized');
  expect(ingest.store.calls()).toBe(1);
  expect(await ingest.checkHealth()).toContain('"statusCode":200');
  expect(ingest.store.calls()).toBe(1);
  await ingest.stop();
});

test('where they cannot be read then, a request reads them', async () => {
  const ingest = await startIngest(true);
  expect(await ingest.initialized).toBe('initialized');
  expect(await ingest.checkHealth()).toContain('"statusCode":503');
  ingest.store.comeBack();
  expect(await ingest.checkHealth()).toContain('"statusCode":200');
  await ingest.stop();
});
